"""The worker as a service: what an administrator does with it, and what its REST interface says."""
import http.client
import pathlib
import re
import shutil
import threading
import time

from machines import TOP
from sequences import check_sequence, runs_of
from workers import Worker, eventually, free_port, lines_of

UNIT = "kafka-connect.service"
SOCKET = "kafka-connect.socket"
CONFIG = "/etc/kafka-connect/worker.yaml"
EXAMPLES = "/usr/share/doc/kafka-connect/examples/systemd"
# A folder that the worker may write once the example for file sinks is in force, and one that it reads.
SINKS, SOURCES = "/srv/kafka-connect-files", "/srv/files"
# Of the consumer of the sink.
SESSION_SECONDS = 6


class Service(Worker):
    """A worker that systemd runs; its REST calls are those of Worker."""

    def __init__(self, machine, broker, unit=UNIT, config=CONFIG):
        self.machine, self.broker, self.unit, self.config = machine, broker, unit, config
        self.port = free_port()
        self.packaged = machine.path("/usr/share/doc/kafka-connect/examples/worker.yaml").read_text()

    # ---- configuration ----

    def reset(self):
        """Stops everything and forgets what tests set up."""
        self.machine.systemctl("stop", SOCKET, "kafka-connect*.service", check=False)
        for folder in ("/var/lib/kafka-connect", SINKS, SOURCES, *self.drop_in_folders()):
            shutil.rmtree(self.machine.path(folder), ignore_errors=True)
        for plugin in self.machine.path("/usr/local/lib/kafka-connect/plugins").iterdir():
            plugin.unlink()
        for file in self.machine.path("/etc/kafka-connect").rglob("*.yaml"):
            file.unlink()
        self.machine.run("install", "-d", SOURCES)
        self.machine.run("install", "-d", "-o", "kafka-connect", "-g", "kafka-connect", SINKS)
        self.machine.systemctl("daemon-reload")
        self.machine.systemctl("reset-failed")
        self.configure()

    def drop_in_folders(self):
        units = "/etc/systemd/system"
        return [f"{units}/{folder.name}" for folder in self.machine.path(units).glob("kafka-connect*.d")]

    def configure(self, **settings):
        """Edits the packaged worker.yaml: keys that stand there are changed, others added."""
        text = self.packaged
        values = {
            "bootstrap.servers": self.broker.servers,
            "listeners": f"http://127.0.0.1:{self.port}",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            "offset.flush.interval.ms": 500,
            **{key.replace("__", "."): value for key, value in settings.items()},
        }
        for key, value in values.items():
            line = f"{key}: {value}"
            text, changed = re.subn(rf"(?m)^{re.escape(key)}:.*$", lambda _: line, text)
            text += "" if changed else f"{line}\n"
        self.machine.write(self.config, text)

    def drop_in(self, name, text, unit=None):
        self.machine.write(f"/etc/systemd/system/{unit or self.unit}.d/{name}.conf", text)
        self.machine.systemctl("daemon-reload")

    def use_example(self, name):
        """Puts a drop-in of the packaged examples in force."""
        self.drop_in(name, self.machine.path(f"{EXAMPLES}/{name}.conf").read_text())

    def add_plugin(self, library, name):
        """Puts a library into the operator's folder of plugins, as root does."""
        path = self.machine.path(f"/usr/local/lib/kafka-connect/plugins/{name}")
        shutil.copy(library, path)
        path.chmod(0o644)

    def connector_file(self, name, folder="connectors.d", **settings):
        lines = [f"name: {name}", "config:"] + [f"  {key.replace('__', '.')}: {value}" for key, value in settings.items()]
        self.machine.write(f"/etc/kafka-connect/{folder}/{name}.yaml", "\n".join(lines) + "\n")

    # ---- what it does ----

    def start(self):
        self.machine.systemctl("start", self.unit)
        return self

    def stop(self):
        self.machine.systemctl("stop", self.unit)

    def get_property(self, name):
        return self.machine.property(self.unit, name)

    def is_active(self):
        return self.get_property("ActiveState") == "active"

    def is_healthy(self):
        return self.request("GET", "/health", check=False)[0] == 200

    @property
    def pid(self):
        return int(self.get_property("MainPID"))

    def await_restart(self, before, seconds=30):
        """Waits until systemd has replaced the process that was there before."""
        eventually("systemd restarted the worker", lambda: self.pid not in (0, before) and self.is_active(), seconds, every=0.1)
        eventually("REST answers again", self.is_healthy, seconds)

    def journal(self, *matches):
        return self.machine.journal(f"--unit={self.unit}", *matches)

    def tail(self, lines=40):
        return self.machine.run("journalctl", "--no-pager", f"--lines={lines}", f"--unit={self.unit}").stdout

    # ---- a file source and a file sink ----

    @property
    def source_file(self) -> pathlib.Path:
        return self.machine.path(f"{SOURCES}/in.txt")

    @property
    def sink_file(self) -> pathlib.Path:
        return self.machine.path(f"{SINKS}/out.txt")

    def configure_pair(self, topic):
        """A pair in connectors.d that carries lines of source_file into sink_file."""
        settings = {"consumer.session.timeout.ms": SESSION_SECONDS * 1000}
        if self.broker.kind == "noida":
            # It lets no dead member of a group go; a static one takes over from the one before it.
            settings |= {"consumer.group.id": topic, "consumer.group.instance.id": "pair-snk"}
        self.configure(**settings)
        self.use_example("file-sink")
        self.connector_file("pair-src", connector__class="FileStreamSource", file=f"{SOURCES}/in.txt", topic=topic)
        self.connector_file("pair-snk", connector__class="FileStreamSink", file=f"{SINKS}/out.txt", topics=topic)


def flows(service):
    before = len(lines_of(service.sink_file))
    eventually("lines flow", lambda: len(lines_of(service.sink_file)) > before + 100, seconds=60)


def finish(service, writer, kills=0):
    """Waits for the last line; says how many came twice.

    After a kill, source and sink go back to their last flush, which is half a second old; the sink's has to wait until the session
    of the member before it is over.
    """
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(service.sink_file)[-1:] == [f"line-{count - 1}"], seconds=60)
    repeated = kills * writer.per_second * 2 * (0.5 + SESSION_SECONDS + 2)
    duplicates = check_sequence(lines_of(service.sink_file), count, runs_of(kills), int(repeated))
    print(f"{count} lines, {duplicates} duplicates")
    return duplicates


class Client(threading.Thread):
    """Asks without a pause, each time with a new connection; keeps what went wrong."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.answers, self.problems = port, [], []
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request("GET", "/")
                self.answers.append((time.monotonic(), connection.getresponse().status))
            except (OSError, http.client.HTTPException) as error:
                self.problems.append(repr(error))
            finally:
                connection.close()

    def finish(self):
        self.stopping.set()
        self.join()


def sources(folder):
    """All Swift text of a module: what a test that waits for a part of the program looks for."""
    return "\n".join(path.read_text() for path in sorted((TOP / "Sources" / folder).rglob("*.swift")))
