"""A file that is rotated faster than anybody can read it to its end."""
import pathlib

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
        new = source.stat().st_ino
        eventually("the worker has opened it", lambda inode=new: inode in open_files(worker, source.name))
    wanted = [f"{number}-{which}" for number in range(FILES) for which in ("first", "last")][:-1]
    eventually("all lines arrived", lambda: len(lines_of(sink)) >= len(wanted), seconds=60)
    assert lines_of(sink) == wanted
    eventually("one file is open", lambda: len(open_files(worker, source.name)) == 1)


def open_files(worker, name):
    """The files that the worker has open of those that have or had that name, by their inodes."""
    found = set()
    for each in pathlib.Path(f"/proc/{worker.process.pid}/fd").iterdir():
        try:
            if each.readlink().name.startswith(name):
                found.add(each.stat().st_ino)
        except OSError:
            continue
    return found
