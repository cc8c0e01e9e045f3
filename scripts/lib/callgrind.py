"""Reads what `valgrind --tool=callgrind --dump-instr=yes` writes: who called whom how often, which instruction ran how often."""
import collections
import re
import subprocess


class Profile:
    """One dump.

    calls: (caller, callee) to a count. executed: object file to {address: (count, function)}. instructions: all together.
    """

    def __init__(self, path):
        self.calls, self.executed, self.instructions = collections.Counter(), {}, 0
        names = {"ob": {}, "fn": {}}
        library, function, callee = None, None, None
        address, is_call = 0, False
        with open(path) as file:
            for line in file:
                line = line.rstrip("\n")
                if not line:
                    continue
                if line[0] in "0123456789+-*":
                    fields = line.split()
                    address = position(fields[0], address)
                    # The line after `calls=` holds what the call cost with all that it called.
                    if is_call:
                        is_call = False
                        continue
                    count = int(fields[2])
                    known = self.executed.setdefault(library, {})
                    before = known.get(address, (0, function))
                    known[address] = (before[0] + count, function)
                    self.instructions += count
                    continue
                key, separator, value = line.partition("=")
                if not separator:
                    continue
                if key == "ob":
                    library = named(names["ob"], value)
                elif key == "cob":
                    named(names["ob"], value)
                elif key == "fn":
                    function = named(names["fn"], value)
                elif key == "cfn":
                    callee = named(names["fn"], value)
                elif key == "calls":
                    self.calls[(function, callee)] += int(value.split()[0])
                    is_call = True


def named(known, text):
    """`(7) name` the first time, `(7)` later."""
    number, _, name = text.partition(" ")
    if name:
        known[number] = name
    return known.get(number, number)


def position(text, before):
    if text == "*":
        return before
    if text[0] in "+-":
        return before + int(text, 0)
    return int(text, 0)


ATOMIC = re.compile(r"^\s*([0-9a-f]+):\s+((?:lock\s+\w+)|(?:xchg\w*)\s.*\(.*)")


def atomic_instructions(library, addresses):
    """Those of the addresses at which an atomic read-modify-write stands: address to its words."""
    if not addresses or not library or not library.startswith("/"):
        return {}
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", library], check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for line in text.splitlines():
        if "lock" not in line and "xchg" not in line:
            continue
        match = ATOMIC.match(line)
        if match and int(match[1], 16) in addresses:
            found[int(match[1], 16)] = " ".join(match[2].split()[:2]) if match[2].startswith("lock") else "xchg"
    return found
