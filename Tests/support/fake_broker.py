"""The program kafka-connect-fakebroker as a process of a test."""
import signal
import subprocess

from workers import BUILT


class FakeBroker:
    """A broker in memory; `address` is where it listens. What it says is in a log of the test's folder."""

    def __init__(self, folder, *faults, options=()):
        self.log = folder / "fakebroker.log"
        self._file = open(self.log, "ab")
        words = [word for fault in faults for word in ("--fault", fault)]
        self.process = subprocess.Popen(
            [BUILT / "kafka-connect-fakebroker", "--port", "0", *options, *words], stdout=subprocess.PIPE, stderr=self._file,
            stdin=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address, self.log.read_text()

    kind = "fake"

    @property
    def servers(self):
        return self.address

    def happened(self, fault):
        """How often a fault was carried out."""
        return sum(f" Fault fault={fault} " in line for line in self.log.read_text(errors="replace").splitlines())

    def says(self, words):
        return words in self.log.read_text(errors="replace")

    def stop(self):
        """Ends it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.process.stdout.close()
        self._file.close()
        return code
