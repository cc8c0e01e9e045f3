"""What a record may cost: allocations, threads, memory. Counts, not times, so that a loaded machine changes nothing."""
import struct
import subprocess

from conftest import TOP, eventually, lines_of


def counter(path):
    return struct.unpack("Q", path.read_bytes()[:8])[0]


def append_lines(path, start, count):
    with open(path, "a") as file:
        file.write("".join(f"{number:099d}\n" for number in range(start, start + count)))


def test_records_cost_no_allocation_each(make_worker, topic, tmp_path):
    library = tmp_path / "count.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, TOP / "Benchmarks/allocations/count.c"], check=True)
    source, sink, counts = tmp_path / "in.txt", tmp_path / "out.txt", tmp_path / "counts"
    source.touch()
    worker = make_worker()
    worker.environment |= {"LD_PRELOAD": str(library), "MALLOC_COUNT_FILE": str(counts)}
    worker.start()
    worker.file_source("pair-src", source, topic)
    worker.file_sink("pair-snk", sink, topic)
    size = 100
    append_lines(source, 0, 200_000)
    eventually("the first lines arrived", lambda: sink.exists() and sink.stat().st_size == 200_000 * size, seconds=60)
    before = counter(counts)
    append_lines(source, 200_000, 200_000)
    eventually("the other lines arrived", lambda: sink.stat().st_size == 400_000 * size, seconds=60)
    per_record = (counter(counts) - before) / 200_000
    print(f"{per_record:.4f} allocations a record, source and sink together")
    assert per_record < 0.02


def test_idle_tasks_cost_no_thread_and_little_memory(make_worker, topic, tmp_path):
    worker = make_worker().start()
    source = tmp_path / "in.txt"
    source.write_text("one\n")
    worker.file_source("pair-src", source, topic)
    worker.file_sink("pair-snk", tmp_path / "out.txt", topic)
    eventually("the line arrived", lambda: lines_of(tmp_path / "out.txt") == ["one"])
    few = worker.threads()
    for number in range(20):
        worker.file_source(f"idle-{number}", tmp_path / f"idle-{number}.txt", topic)
        worker.await_task(f"idle-{number}", "RUNNING")
    eventually("no more threads than before", lambda: len(worker.threads()) <= len(few) + 1, seconds=30)
    names = worker.threads()
    assert sum(name.startswith("kc-kafka") for name in names) == 1
    assert sum(name.startswith("kc-herder") for name in names) == 1
    resident = worker.memory() / 1024
    print(f"{resident:.1f} MB resident, {worker.memory('RssAnon') / 1024:.1f} MB anonymous, threads {names}")
    assert resident < 60
