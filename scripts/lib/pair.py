"""A file source and a file sink, each alone in a worker process of its own, for measuring what a record costs either of them."""
import pathlib
import sys
import uuid

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "Tests/support"))
from workers import BUILT, Broker, Worker, eventually  # noqa: E402

LINE = 100


class Pair:
    """Lines of 100 bytes with their end, from a file through Kafka into another file."""

    def __init__(self, folder, kind=None, built=BUILT, prefix=lambda name: [], environment=lambda name: {}):
        self.folder, self.built, self.workers, self.lines = folder, built, {}, 0
        self.file, self.out = folder / "in.txt", folder / "out.txt"
        self.file.touch()
        self.broker = Broker(folder / "broker", kind=kind)
        self.topic = f"pair-{uuid.uuid4().hex[:8]}"
        for name in ("source", "sink"):
            place = folder / name
            place.mkdir()
            self.workers[name] = (place, prefix(name), environment(name))

    def start(self):
        self.broker.start()
        for name, (place, prefix, environment) in list(self.workers.items()):
            worker = Worker(place, self.broker.servers, built=self.built)
            worker.prefix, worker.environment = prefix, environment
            self.workers[name] = worker
            worker.start(wait=False)
        for name, worker in self.workers.items():
            eventually(f"the worker of the {name} is healthy", worker.is_healthy, seconds=300)
        self.workers["source"].file_source("pair-source", self.file, self.topic)
        self.workers["sink"].file_sink("pair-sink", self.out, self.topic)
        for name, worker in self.workers.items():
            worker.await_task(f"pair-{name}", "RUNNING", seconds=300)
        return self

    def pids(self):
        return {name: worker.process.pid for name, worker in self.workers.items()}

    def flow(self, count):
        """Appends so many lines and waits until all have arrived."""
        with open(self.file, "a") as file:
            file.writelines(f"{number:0{LINE - 1}d}\n" for number in range(self.lines, self.lines + count))
        self.lines += count
        size = self.lines * LINE
        eventually(f"{self.lines} lines arrived", lambda: self.out.exists() and self.out.stat().st_size >= size, seconds=900)
        if self.out.stat().st_size != size:
            raise RuntimeError("the sink wrote more than there was")

    def stop(self):
        for worker in self.workers.values():
            if isinstance(worker, Worker) and worker.process and worker.process.poll() is None:
                worker.kill()
        if self.broker.servers:
            self.broker.stop()
