"""The verifiable pair: tasks that number what they produce, and a sink that tells of each record it was given."""
import json

from cluster import FLUSH_SECONDS, records, work
from sequences import Sequence
from workers import eventually, lines_of


class Numbers:
    """Several tasks of the verifiable source through one topic into one verifiable sink, while workers and brokers come and go."""

    def __init__(self, worker, servers, tmp_path, topic, tasks=2, throughput=1000):
        self.servers, self.topic, self.tasks, self.throughput = servers, f"{topic}-numbers", tasks, throughput
        self.said = tmp_path / "verifiable.json"
        worker.put_connector(
            "ver", connector__class="VerifiableSource", tasks__max=tasks, topic=self.topic, throughput=throughput,
            native__output="none")
        eventually("numbers are in the topic", lambda: worker.has_topic("ver", self.topic), seconds=60)
        worker.put_connector(
            "versnk", connector__class="VerifiableSink", tasks__max=1, topics=self.topic, native__output__file=self.said)
        self.expected = work(ver=tasks, versnk=1)

    def finish(self, worker, least=1000, faults=0):
        """Stops the source and waits for the last numbers. Every number of each task is in the topic, in order, and the sink was
        given every record, in order; both go back once at most for each of so many faults. Returns how many numbers came twice to the
        topic and to the sink."""
        assert worker.request("PUT", "/connectors/ver/stop")[0] in (202, 204)
        eventually("the numbers end", lambda: worker.state("ver") == "STOPPED"
                   and not worker.get("/connectors/ver/status")["tasks"])
        produced = records(self.servers, self.topic)
        counts = {}
        for record in produced:
            counts.setdefault(record["key"], Sequence(record["key"])).add(int(record["payload"]))
        # Two seconds more than a flush is apart from the next, on a busy machine.
        repeated = int(faults * self.throughput * (FLUSH_SECONDS + 2))
        for each in counts.values():
            each.check(faults, repeated)
        again = sum(each.repeated for each in counts.values())
        assert len(counts) == self.tasks and min(each.expected for each in counts.values()) > least, counts
        ends = {record["partition"]: record["offset"] + 1 for record in produced}
        eventually("the sink has every number", lambda: {at: len(each) for at, each in self._told().items()} == ends, seconds=60)
        twice = 0
        for partition, offsets in self._told(all=True).items():
            told = Sequence(f"offset {partition}")
            for offset in offsets:
                told.add(offset)
            told.check(faults, repeated * self.tasks)
            twice += told.repeated
        print(f"{len(produced)} numbers of {len(counts)} tasks; {again} twice in the topic, {twice} twice at the sink")
        return again, twice

    def _told(self, all=False):
        """Offsets that the sink was given, by partition: each once, or in the order in which they came."""
        told = {}
        for line in lines_of(self.said):
            entry = json.loads(line)
            if not entry.get("flushed"):
                told.setdefault(entry.get("partition", 0), []).append(entry["offset"])
        return told if all else {at: set(each) for at, each in told.items()}
