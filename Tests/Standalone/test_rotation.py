"""A file that is rotated faster than anybody can read it to its end."""
from conftest import eventually, lines_of

FILES = 10


def test_every_file_that_had_the_name_is_read_in_turn_while_it_is_rotated(make_worker, topic, tmp_path):
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("0-first\n")
    worker = make_worker().start()
    worker.file_source("rot-src", source, topic)
    worker.file_sink("rot-snk", sink, topic)
    eventually("the first line arrived", lambda: lines_of(sink) == ["0-first"])
    for number in range(1, FILES):
        # As logrotate does it, and a program that goes on writing to the file that it has open until it is told.
        with open(source, "a") as old:
            source.rename(tmp_path / f"in.txt.{number}")
            source.write_text(f"{number}-first\n")
            old.write(f"{number - 1}-last\n")
        if number % 3 == 0:
            (tmp_path / f"in.txt.{number}").unlink()
        eventually("the worker has seen it", lambda n=number: open_files(worker, source.name) >= min(n, 2))
    wanted = [f"{number}-{which}" for number in range(FILES) for which in ("first", "last")][:-1]
    eventually("all lines arrived", lambda: len(lines_of(sink)) >= len(wanted), seconds=60)
    assert lines_of(sink) == wanted
    eventually("one file is open", lambda: open_files(worker, source.name) == 1)


def open_files(worker, name):
    """How many descriptors of the worker are of files of that name, renamed and removed ones too."""
    from pathlib import Path

    def target(link):
        try:
            return link.readlink().name
        except OSError:
            return ""
    return sum(target(each).startswith(name) for each in Path(f"/proc/{worker.process.pid}/fd").iterdir())
