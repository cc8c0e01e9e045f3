/// The tagged fields at the end of a structure, while they are being read.
///
/// ```
/// var tags = try r.tags()
/// while let tag = try tags.next(&r) {
///     switch tag.number { … default: try r.skip(tag) }
///     try r.finish(tag)
/// }
/// ```
struct TagSection {
    /// One tagged field: its number and where its payload ends.
    struct Tag {
        let number: UInt32
        let end: Int
    }

    private var left: UInt32

    fileprivate init(count: UInt32) { left = count }

    /// The next field, positioned at its payload; nil behind the last.
    mutating func next(_ r: inout ByteReader) throws(ProtocolError) -> Tag? {
        guard left > 0 else { return nil }
        left -= 1
        let number = try r.unsignedVarint()
        let size = Int(try r.unsignedVarint())
        guard size <= r.remaining else { throw .truncated }
        return Tag(number: number, end: r.position + size)
    }
}

extension ByteReader {
    /// Begins a tag section.
    mutating func tags() throws(ProtocolError) -> TagSection {
        let count = try unsignedVarint()
        guard Int(count) <= remaining / 2 else { throw .countTooLarge(Int(count)) }
        return TagSection(count: count)
    }

    /// Passes over the payload of a field that is not known here.
    mutating func skip(_ tag: TagSection.Tag) throws(ProtocolError) {
        _ = try raw(tag.end - position)
    }

    /// Throws unless exactly the payload of `tag` was read.
    func finish(_ tag: TagSection.Tag) throws(ProtocolError) {
        guard position == tag.end else { throw .tagSizeMismatch(tag.number) }
    }

    /// Passes over a whole tag section of which no field is known here.
    public mutating func skipTags() throws(ProtocolError) {
        var tags = try tags()
        while let tag = try tags.next(&self) { try skip(tag) }
    }
}
