"""Kafka's message schemas: which field is on the wire in which version, and as what Swift knows it."""

import re

FOREVER = 32767
# Schema type: Swift type, name of the reader and writer method, default, least size on the wire, more for flexible versions.
PRIMITIVES = {
    "bool": ("Bool", "bool", "false", 1),
    "int8": ("Int8", "int8", "0", 1),
    "int16": ("Int16", "int16", "0", 2),
    "uint16": ("UInt16", "uint16", "0", 2),
    "int32": ("Int32", "int32", "0", 4),
    "uint32": ("UInt32", "uint32", "0", 4),
    "int64": ("Int64", "int64", "0", 8),
    "float64": ("Double", "float64", "0", 8),
    "uuid": ("KafkaUUID", "uuid", "KafkaUUID.zero", 16),
}
# The same for types with a length in front: the least size depends on the encoding of the length.
SIZED = {
    "string": ("String", "string", '""'),
    "bytes": ("[UInt8]", "bytes", "[]"),
    "records": ("RecordsField", "records", "RecordsField.none"),
}
KEYWORDS = {"protocol", "default", "operator", "internal", "public", "in", "is", "as", "for", "where", "self", "extension"}


class SchemaError(Exception):
    pass


class Range:
    """A set of versions without gaps."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    @staticmethod
    def parse(text):
        text = (text or "none").strip()
        if text == "none":
            return Range(1, 0)
        if match := re.fullmatch(r"(\d+)\+", text):
            return Range(int(match[1]), FOREVER)
        if match := re.fullmatch(r"(\d+)-(\d+)", text):
            return Range(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"\d+", text):
            return Range(int(text), int(text))
        raise SchemaError(f"not a version range: {text!r}")

    def __bool__(self):
        return self.low <= self.high

    def __and__(self, other):
        return Range(max(self.low, other.low), min(self.high, other.high))

    def __or__(self, other):
        """The smallest range that holds both."""
        if not self or not other:
            return self or other
        return Range(min(self.low, other.low), max(self.high, other.high))

    def covers(self, other):
        return self.low <= other.low and self.high >= other.high

    def condition(self, within):
        """The Swift condition that `version`, known to be in `within`, is in this range; None when it always is."""
        here = self & within
        if not here:
            return "false"
        parts = []
        if here.low == here.high and not here.covers(within):
            return f"version == {here.low}"
        if here.low > within.low:
            parts.append(f"version >= {here.low}")
        if here.high < within.high:
            parts.append(f"version <= {here.high}")
        return ", ".join(parts) or None

    def outside(self, within):
        """The Swift condition that `version` is in `within` but not in this range; None when it never is."""
        here = self & within
        parts = []
        if here.low > within.low:
            parts.append(f"version < {here.low}")
        if here.high < within.high:
            parts.append(f"version > {here.high}")
        return " || ".join(parts) or None


def strip_comments(text):
    """Removes `//` comments, leaving those inside strings alone."""
    return re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*', lambda match: match[1] or "", text)


def swift_name(name):
    lower = name[0].lower() + name[1:]
    return f"`{lower}`" if lower in KEYWORDS else lower


class Field:
    def __init__(self, message, owner, raw):
        self.message, self.schema_name = message, raw["name"].strip()
        self.name = swift_name(self.schema_name)
        self.path = f"{owner}.{self.name.strip('`')}"
        kind = raw["type"].strip()
        self.is_array = kind.startswith("[]")
        self.element = kind.removeprefix("[]")
        self.versions = Range.parse(raw["versions"]) & message.range
        self.nullable = Range.parse(raw.get("nullableVersions")) & self.versions
        self.tagged = Range.parse(raw.get("taggedVersions")) & self.versions
        self.tag = raw.get("tag")
        self.ignorable = raw.get("ignorable", False)
        self.about = re.sub(r"\s+", " ", raw.get("about", "")).strip()
        self.flexible = Range.parse(raw["flexibleVersions"]) if "flexibleVersions" in raw else message.flexible
        self.default = raw.get("default")
        self.is_struct = self.element not in PRIMITIVES and self.element not in SIZED
        if self.tagged and not self.tagged.covers(self.versions) and self.tagged.high != self.versions.high:
            raise SchemaError(f"{self.path}: tagged versions end before the field does")

    @property
    def inline(self):
        """The versions in which the field stands in order, not in the tag section."""
        return Range(self.versions.low, self.tagged.low - 1) if self.tagged else self.versions

    @property
    def swift_type(self):
        base = self.element if self.is_struct else (PRIMITIVES.get(self.element) or SIZED[self.element])[0]
        base = f"[{base}]" if self.is_array else base
        optional = bool(self.nullable) and self.element != "records"
        return base + ("?" if optional else "")

    @property
    def swift_default(self):
        text = None if self.default is None else str(self.default).strip()
        if text == "null":
            return "RecordsField.none" if self.element == "records" else "nil"
        if self.is_array:
            return "[]"
        if self.is_struct:
            return f"{self.element}()"
        if self.element in PRIMITIVES:
            if not text:
                return PRIMITIVES[self.element][2]
            return text if self.element in ("bool", "float64") else str(int(text, 0))
        return f'"{text}"' if self.element == "string" and text else SIZED[self.element][2]

    @property
    def differs(self):
        """The Swift condition that the field does not hold its default."""
        if self.swift_type == "Bool":
            return self.name if self.swift_default == "false" else f"!{self.name}"
        if self.swift_default == "[]" and not self.swift_type.endswith("?"):
            return f"!{self.name}.isEmpty"
        if self.swift_default == '""' and not self.swift_type.endswith("?"):
            return f"!{self.name}.isEmpty"
        return f"{self.name} != {self.swift_default}"

    def least_size(self, version):
        if not (self.inline.low <= version <= self.inline.high):
            return 0
        if self.element in PRIMITIVES and not self.is_array:
            return PRIMITIVES[self.element][3]
        flexible = self.flexible.low <= version <= self.flexible.high
        if self.is_array or self.element in ("bytes", "records"):
            return 1 if flexible else 4
        if self.element == "string":
            return 1 if flexible else 2
        return 1 if self.nullable else self.message.structs[self.element].least_size(version)


class Struct:
    def __init__(self, message, name, raw_fields, about=""):
        self.message, self.name, self.about = message, name, about
        # The versions in which anything refers to it: outside them its fields need no conditions.
        self.range = Range.parse("none")
        self.fields = [Field(message, f"{message.name}.{name}" if name != message.name else name, f) for f in raw_fields]
        self.fields = [f for f in self.fields if f.versions]

    def least_size(self, version):
        flexible = self.message.flexible.low <= version <= self.message.flexible.high
        return sum(f.least_size(version) for f in self.fields) + (1 if flexible else 0)

    @property
    def least_size_of_all(self):
        return max(1, min(self.least_size(v) for v in range(self.range.low, self.range.high + 1)))


class Message:
    def __init__(self, raw, wanted, embedded=False):
        self.name, self.kind, self.api_key = raw["name"], raw["type"], raw.get("apiKey")
        self.embedded = embedded
        valid = Range.parse(raw["validVersions"])
        if raw.get("latestVersionUnstable"):
            valid = Range(valid.low, valid.high - 1)
        self.range = wanted & valid
        self.flexible = Range.parse(raw.get("flexibleVersions"))
        self.structs = {}
        for common in raw.get("commonStructs", []):
            self.structs[common["name"]] = common
        self.collect(raw["fields"])
        self.structs = {
            name: value if isinstance(value, Struct) else Struct(self, name, value["fields"], value.get("about", ""))
            for name, value in self.structs.items()
        }
        self.root = Struct(self, self.name, raw["fields"])
        self.root.range = self.range
        queue = [self.root]
        while queue:
            for field in queue.pop(0).fields:
                if field.is_struct:
                    struct = self.structs[field.element]
                    before = struct.range
                    struct.range = field.versions | before
                    if (before.low, before.high) != (struct.range.low, struct.range.high):
                        queue.append(struct)
        self.structs = {name: value for name, value in self.structs.items() if value.range}
        for struct in self.structs.values():
            struct.fields = [f for f in struct.fields if f.versions & struct.range]

    def collect(self, raw_fields):
        for raw in raw_fields:
            if "fields" in raw:
                name = raw["type"].strip().removeprefix("[]")
                self.structs[name] = {"fields": raw["fields"], "about": raw.get("about", "")}
                self.collect(raw["fields"])

    @property
    def first_flexible(self):
        here = self.flexible & self.range
        return here.low if here else None
