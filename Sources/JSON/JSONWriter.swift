/// Writes JSON without white space into a growing array, spelled as Jackson spells it. Commas and colons come by
/// themselves; that begins and ends match is the caller's duty.
public struct JSONWriter {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An empty writer with room for `capacity` bytes.
    public init(reserving capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Forgets what was written and keeps the memory.
    public mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Opens an object.
    public mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// Closes the object.
    public mutating func endObject() { end(UInt8(ascii: "}")) }

    /// Opens an array.
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }

    /// Closes the array.
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    /// The name of the member whose value is written next.
    public mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A string, escaped.
    public mutating func string(_ value: String) {
        separate()
        quote(value)
        needsComma = true
    }

    /// A string or null.
    public mutating func string(_ value: String?) {
        if let value { string(value) } else { null() }
    }

    /// A string from UTF-8 bytes, which are not checked.
    public mutating func string(utf8 value: UnsafeRawBufferPointer) {
        separate()
        quote(value)
        needsComma = true
    }

    /// An integer.
    public mutating func int64(_ value: Int64) { scalar(String(value)) }

    /// An integer.
    public mutating func int(_ value: Int) { scalar(String(value)) }

    /// A Boolean.
    public mutating func bool(_ value: Bool) { scalar(value ? "true" : "false") }

    /// Null.
    public mutating func null() { scalar("null") }

    /// Java's spelling; NaN and the infinities as strings, as Jackson writes them.
    public mutating func double(_ value: Double) {
        let text = JavaDecimal.spelling(of: value)
        if value.isFinite { scalar(text) } else { string(text) }
    }

    /// Java's spelling; NaN and the infinities as strings, as Jackson writes them.
    public mutating func float(_ value: Float) {
        let text = JavaDecimal.spelling(of: value)
        if value.isFinite { scalar(text) } else { string(text) }
    }

    /// A number in its own spelling.
    public mutating func number(_ value: JSONNumber) { scalar(value.text) }

    /// One value that is JSON already.
    public mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// A whole tree. Recurses as deep as the tree, whose depth the parser's limit bounds.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// A member with a value: `key` and `value` in one call.
    public mutating func member(_ name: String, _ value: JSONValue) {
        key(name)
        self.value(value)
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func scalar(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { quote(UnsafeRawBufferPointer($0)) }
    }

    private mutating func quote(_ source: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        if let base = source.baseAddress, source.count > 0 {
            // Room for a few escapes first; the most that can be needed only where that was too little.
            let likely = source.count + source.count / 8 + 8
            if let written = escaped(base, source.count, room: likely) {
                bytes.append(contentsOf: written)
            } else if let written = escaped(base, source.count, room: JSONText.escapedCapacity(for: source.count)) {
                bytes.append(contentsOf: written)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func escaped(_ base: UnsafeRawPointer, _ count: Int, room: Int) -> [UInt8]? {
        var fits = true
        let result = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
            guard let target = buffer.baseAddress,
                let written = JSONText.escape(
                    from: base, count: count, into: UnsafeMutableRawPointer(target), capacity: buffer.count)
            else {
                fits = false
                return
            }
            initialized = written
        }
        return fits ? result : nil
    }
}
