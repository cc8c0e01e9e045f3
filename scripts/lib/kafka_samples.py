"""Sample bytes of messages, made by an encoder that shares nothing with the generated code."""

import random
import re
import struct

from kafka_schema import PRIMITIVES


class Sampler:
    """Encodes a message with random or default values, straight from the schema."""

    def __init__(self, message, version, seed):
        self.message, self.version = message, version
        self.random = None if seed == 0 else random.Random(f"{message.name} {version} {seed}")

    def flexible(self, field=None):
        versions = field.flexible if field else self.message.flexible
        return versions.low <= self.version <= versions.high

    def varint(self, value):
        out = bytearray()
        while value >= 0x80:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes(out + bytes([value]))

    def length(self, field, value, width):
        if self.flexible(field):
            return self.varint(value + 1)
        return value.to_bytes(width, "big", signed=True)

    def scalar(self, kind, value):
        if kind == "bool":
            return bytes([value])
        if kind == "uuid":
            return value
        if kind == "float64":
            return struct.pack(">d", value)
        width = int(re.sub(r"\D", "", kind)) // 8
        return value.to_bytes(width, "big", signed=not kind.startswith("u"))

    def default(self, field, kind):
        text = "" if field.default is None else str(field.default).strip()
        if kind == "bool":
            return text == "true"
        if kind == "uuid":
            return bytes(16)
        return float(text or 0) if kind == "float64" else int(text or "0", 0)

    def random_scalar(self, kind):
        if kind == "bool":
            return self.random.random() < 0.5
        if kind == "uuid":
            return self.random.randbytes(16)
        if kind == "float64":
            return self.random.random()
        bits = int(re.sub(r"\D", "", kind))
        low = 0 if kind.startswith("u") else -(1 << bits - 1)
        return self.random.randint(low, low + (1 << bits) - 1)

    def one(self, field):
        """An element of the field, without regard to arrays and nulls."""
        kind = field.element
        if field.is_struct:
            return self.structure(self.message.structs[kind])
        if kind in PRIMITIVES:
            value = self.random_scalar(kind) if self.random else self.default(field, kind)
            return self.scalar(kind, value)
        if kind == "string":
            default = "" if field.default in (None, "null") else str(field.default)
            text = "".join(self.random.choices("abcXYZ09.-_\u00e9\u65e5", k=self.random.randint(0, 9))) if self.random else default
            return self.length(field, len(text.encode()), 2) + text.encode()
        data = self.random.randbytes(self.random.randint(0, 12)) if self.random else b""
        return self.length(field, len(data), 4) + data

    def value(self, field):
        nullable = field.nullable.low <= self.version <= field.nullable.high
        default_null = field.default == "null" or (field.element == "records" and field.default is None)
        null = nullable and (self.random.random() < 0.25 if self.random else default_null)
        if null and field.is_struct and not field.is_array:
            return b"\xff"
        if null:
            return self.length(field, -1, 2 if field.element == "string" and not field.is_array else 4)
        if field.is_array:
            count = self.random.randint(0, 2) if self.random else 0
            return self.length(field, count, 4) + b"".join(self.one(field) for _ in range(count))
        present = b"\x01" if nullable and field.is_struct else b""
        return present + self.one(field)

    def structure(self, of):
        out, tags = b"", []
        for field in of.fields:
            if field.inline.low <= self.version <= field.inline.high:
                out += self.value(field)
            elif field.tagged and field.tagged.low <= self.version <= field.tagged.high and self.random:
                payload = self.value(field)
                if payload != Sampler(self.message, self.version, 0).value(field):
                    tags.append((field.tag, payload))
        if self.flexible():
            out += self.varint(len(tags))
            for tag, payload in sorted(tags):
                out += self.varint(tag) + self.varint(len(payload)) + payload
        return out


def write_samples(path, messages):
    with open(path, "w", encoding="utf-8") as file:
        for message in messages:
            for version in range(message.range.low, message.range.high + 1):
                for seed in range(5):
                    sample = Sampler(message, version, seed).structure(message.root)
                    file.write(f"{message.name} {version} {sample.hex() or '-'}\n")
