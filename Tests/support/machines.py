"""A Debian machine for tests: real systemd as PID 1, in systemd-nspawn, over a root that is made once.

The root (debootstrap) lies in SYSTEM_TEST_CACHE, /var/cache/kafka-connect-test unless set, and is never changed: each machine
lives in a layer of memory over it. Machines have processes, mounts and control groups of their own, and the network of this one,
so that a broker on loopback is theirs too, and their REST ports are ours.
"""
import ctypes
import fcntl
import functools
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from workers import TOP, eventually

CACHE = pathlib.Path(os.environ.get("SYSTEM_TEST_CACHE", "/var/cache/kafka-connect-test"))
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
SUITE = "bookworm"
INCLUDED = ["systemd", "systemd-sysv", "dbus"]
# Fetched and not installed: what the package depends on, so that installing it needs no network, and what an administrator has.
FETCHED = [
    "sudo", "curl", "libyaml-0-2", "libmicrohttpd12", "libsnappy1v5", "libcurl4", "libpcre2-8-0", "liblz4-1", "libzstd1", "zlib1g", "libssl3",
    "libsystemd0"]
MOST_DAYS = 30
NAME = "kafka-connect-test"
BOOT = TOP / "scripts/lib/boot-machine"


@functools.cache
def obstacle():
    """Why this machine cannot run another one; None where it can."""
    if os.geteuid() != 0:
        return "needs root, for systemd-nspawn and mounts"
    if pathlib.Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        return "needs root outside of user namespaces, for other users' files"
    for program in ("systemd-nspawn", "debootstrap", "nsenter", "unshare"):
        if not shutil.which(program):
            return f"needs {program}: run scripts/dependencies system"
    layer = ("mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && "
             "mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /mnt/m")
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", layer],
        text=True, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    if tried.returncode != 0:
        return f"may not mount here, as in a container without privileges: {tried.stderr.strip()}"
    return None


class Root:
    """The root below all machines; held against removal while it is used."""

    def __init__(self):
        recipe = json.dumps([SUITE, INCLUDED, FETCHED, 1])
        self.path = CACHE / f"root-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
        CACHE.mkdir(parents=True, exist_ok=True)
        # One at a time makes it; whoever uses it holds the lock of the root as well.
        with open(CACHE / "making.lock", "w") as making:
            fcntl.flock(making, fcntl.LOCK_EX)
            self._remove_old()
            self.use = self._lock(self.path)
            fcntl.flock(self.use, fcntl.LOCK_SH)
            if not self.path.exists():
                self._make()

    @staticmethod
    def _lock(path):
        return open(path.with_name(path.name + ".lock"), "a")

    def _remove_old(self):
        for old in CACHE.glob("root-*"):
            if not old.is_dir() or old == self.path and time.time() - old.stat().st_mtime < MOST_DAYS * 86400:
                continue
            with self._lock(old) as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                shutil.rmtree(old)
        for unfinished in CACHE.glob("making-*"):
            shutil.rmtree(unfinished)

    def _make(self):
        print(f"making a Debian root in {self.path}, once", flush=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="making-", dir=CACHE))
        root = folder / "root"
        with open(CACHE / "making.log", "w") as log:
            def run(*command):
                done = subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
                assert done.returncode == 0, f"{command[0]} failed, see {log.name}:\n{pathlib.Path(log.name).read_text()[-2000:]}"

            run("debootstrap", "--variant=minbase", f"--include={','.join(INCLUDED)}", SUITE, root, MIRROR)
            run("chroot", root, "apt-get", "install", "-y", "--download-only", "--no-install-recommends", *FETCHED)
        root.chmod(0o755)
        os.utime(root)
        # Whole, or not there.
        root.rename(self.path)
        folder.rmdir()


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Machine:
    """One machine. `path` leads into its files, `run` runs a command in it."""

    numbers = itertools.count(1)

    def __init__(self, root, log, *options, **environment):
        """Both are systemd-nspawn's: with --private-network, say, nothing of this machine's network is there."""
        self.root, self.log, self.options, self.environment = root, log, options, environment
        self.name = f"{NAME}-{os.getpid()}-{next(self.numbers)}"
        self.holder = self.leader = None

    def start(self):
        remove_old_groups()
        with open(self.log, "ab") as log:
            # The namespaces end with this process, and with them everything in the machine.
            self.holder = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL", BOOT, self.root.path, self.name,
                 *self.options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent, env={**os.environ, **self.environment})
        self.leader = eventually("systemd runs", self._find_leader, seconds=60)
        eventually("the machine is up", lambda: self.run(
            "systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"), seconds=60, every=0.1)
        return self

    def _find_leader(self):
        assert self.holder.poll() is None, f"the machine did not start:\n{self.log.read_text(errors='replace')[-2000:]}"
        parent, generation = self.holder.pid, [self.holder.pid]
        while generation:
            parent = generation.pop()
            for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
                for child in (task / "children").read_text().split():
                    if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                        return int(child)
                    generation.append(int(child))
        return None

    def stop(self):
        """Ends the machine at once: nothing of it is kept."""
        if self.holder:
            self.holder.kill()
            self.holder.wait()
            eventually("the machine's processes are gone", lambda: not pathlib.Path(f"/proc/{self.leader}").exists())
            self.holder = None
        for folder in groups(self.name):
            for inner, _, _ in os.walk(folder, topdown=False):
                eventually("a control group is empty", lambda: _removed(inner), seconds=10)

    def path(self, name):
        return pathlib.Path(f"/proc/{self.leader}/root/{name.lstrip('/')}")

    def run(self, *command, check=True, seconds=120, **options):
        done = subprocess.run(
            ["nsenter", "-t", str(self.leader), "--all", "--root", "--wd", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
             "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *map(str, command)],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds,
            **{"stdin": subprocess.DEVNULL, **options})
        if check:
            assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}"
        return done

    def enter(self, namespace, *command):
        """Runs a program of this machine in one namespace of that one."""
        subprocess.run(["nsenter", "-t", str(self.leader), namespace, *command], check=True, stdin=subprocess.DEVNULL)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    # ---- systemd ----

    def systemctl(self, *arguments, **options):
        return self.run("systemctl", *arguments, **options).stdout

    def show(self, unit, *properties):
        text = self.systemctl("show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in text.splitlines())

    def property(self, unit, name):
        return self.show(unit, name)[name]

    def journal(self, *matches):
        """Entries of the journal, oldest first."""
        text = self.run("journalctl", "--output=json", "--all", "--no-pager", *matches).stdout
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def outer_pid(self, inner):
        """How this machine knows a process of that one."""
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                lines = status.read_text().splitlines()
                pids = next(line for line in lines if line.startswith("NSpid:")).split()[1:]
                if len(pids) > 1 and pids[-1] == str(inner) and os.readlink(status.parent / "ns/pid") == os.readlink(
                        f"/proc/{self.leader}/ns/pid"):
                    return int(status.parent.name)
            except (FileNotFoundError, ProcessLookupError, StopIteration):
                continue
        raise AssertionError(f"no process {inner} in {self.name}")


def groups(name):
    """Control groups of machines, in whichever hierarchies there are."""
    top = pathlib.Path("/sys/fs/cgroup")
    return [*top.glob(name), *top.glob(f"systemd/{name}"), *top.glob(f"unified/{name}")]


def remove_old_groups():
    """Those of test runs that were killed: nothing else of a machine outlives its run."""
    for folder in groups(f"{NAME}-*"):
        if not pathlib.Path("/proc", folder.name.split("-")[-2]).exists():
            for inner, _, _ in os.walk(folder, topdown=False):
                _removed(inner)


def _removed(folder):
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True
