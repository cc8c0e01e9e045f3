import CText

/// Questions about raw text, at the speed of memory.
public enum UTF8Check {
    /// How many bytes from the start on are ASCII.
    public static func asciiPrefix(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int {
        Int(text_ascii_prefix(bytes, max(count, 0)))
    }

    /// Whether the bytes are well-formed UTF-8.
    public static func isValid(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        text_is_utf8(bytes, max(count, 0))
    }
}
