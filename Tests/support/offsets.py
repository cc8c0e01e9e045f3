"""What is stored of a file pair's progress, asked of the offsets file and of the broker as they are."""
import re
import socket
import struct

from workers import eventually


def stored_line(offsets_file, source, connector):
    """The number of the first line after the stored position of a file source; 0 where nothing is stored."""
    if not offsets_file.exists():
        return 0
    found = re.search(rf'^\["{re.escape(connector)}",.*\t{{"position":(\d+)}}$', offsets_file.read_text(), re.M)
    with open(source, "rb") as file:
        return file.read(int(found[1])).count(b"\n") if found else 0


def committed(servers, group, topic):
    """What a group has committed of partition 0 of a topic; 0 for nothing. Asked of the first broker, which must be the coordinator."""
    host, _, port = servers.split(",")[0].rpartition(":")

    def text(value):
        return struct.pack(">h", len(value)) + value.encode()
    # OffsetFetch v1.
    request = struct.pack(">hhi", 9, 1, 7) + text("test") + text(group) + struct.pack(">i", 1) + text(topic) + struct.pack(">ii", 1, 0)
    with socket.create_connection((host, int(port)), 10) as connection, connection.makefile("rb") as answers:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = answers.read(struct.unpack(">i", answers.read(4))[0])
    # Correlation, topics, name, partitions, index; then offset, metadata, error.
    at = 4 + 4 + 2 + len(topic) + 4 + 4
    offset, metadata = struct.unpack_from(">qh", answer, at)
    error, = struct.unpack_from(">h", answer, at + 10 + max(metadata, 0))
    if error:
        raise ValueError(f"OffsetFetch of {group}: error {error}")
    return max(offset, 0)


def committed_at_last(servers, group, topic, looks=10):
    """What a group has committed whose only member was killed: its last request may still be on the way."""
    seen = []

    def rests():
        seen.append(committed(servers, group, topic))
        return len(seen) >= looks and len(set(seen[-looks:])) == 1
    eventually(f"the commits of {group} have come to rest", rests)
    return seen[-1]
