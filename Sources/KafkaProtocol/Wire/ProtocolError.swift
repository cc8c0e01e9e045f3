/// Why bytes could not be read as what they should be, or a value could not be written.
///
/// Every error of this module is one of these. None carries payload bytes, so that they are safe to log.
public enum ProtocolError: Error, Equatable, Sendable {
    /// The bytes end inside a field.
    case truncated
    /// A length that is negative (other than -1 for null) or beyond what the field may have.
    case invalidLength(Int)
    /// An array count that the remaining bytes cannot hold.
    case countTooLarge(Int)
    /// A variable-length number longer than its type.
    case malformedVarint
    /// A null where the schema has none; the field's path.
    case nullNotAllowed(String)
    /// A tagged field whose payload is shorter or longer than its announced size; the tag number.
    case tagSizeMismatch(UInt32)
    /// A version of a message that this module has no layout for; the message's name and the version.
    case unsupportedVersion(String, Int16)
    /// A field with a value that the wanted version cannot carry; the field's path and the version.
    case fieldNotInVersion(String, Int16)
    /// A string, array or frame too long to be written; its length.
    case tooLong(Int)
    /// Bytes left over behind a message; how many.
    case trailingBytes(Int)
    /// Records that are still a place in a received frame were to be written: only a list of buffers can be.
    case recordsNotOwned
    /// A record batch of an unknown format; its magic byte.
    case unsupportedMagic(Int8)
    /// A record batch whose checksum is not that of its bytes; its base offset.
    case checksumMismatch(Int64)
    /// A record batch that contradicts itself; its base offset and what is wrong with it.
    case invalidBatch(Int64, String)
    /// A compression codec that Kafka does not define, or that the batch's format may not use; its number.
    case unsupportedCodec(Int)
    /// A compressed payload that its codec cannot decompress.
    case decompressionFailed(CompressionCodec)
    /// A payload that the compressor refused.
    case compressionFailed(CompressionCodec)
    /// A payload that decompresses to more than the caller allows; the limit in bytes.
    case decompressedTooLarge(limit: Int)
    /// The system has no memory for a buffer of that many bytes.
    case noMemory(Int)
}

extension ProtocolError: CustomStringConvertible {
    /// One line for an operator.
    public var description: String {
        switch self {
        case .truncated: "the bytes end inside a field"
        case .invalidLength(let length): "a length of \(length) is not possible here"
        case .countTooLarge(let count): "an array of \(count) elements does not fit into the remaining bytes"
        case .malformedVarint: "a variable-length number is too long"
        case .nullNotAllowed(let path): "\(path) must not be null"
        case .tagSizeMismatch(let tag): "the tagged field \(tag) does not have its announced size"
        case .unsupportedVersion(let name, let version): "there is no version \(version) of \(name) here"
        case .fieldNotInVersion(let path, let version): "version \(version) has no \(path), which is set"
        case .tooLong(let length): "\(length) is too long to be written"
        case .trailingBytes(let count): "\(count) bytes are left over behind the message"
        case .recordsNotOwned: "records of a received frame cannot be written again"
        case .unsupportedMagic(let magic): "record batches of format \(magic) are not known"
        case .checksumMismatch(let offset):
            "the record batch at offset \(offset) is damaged: its checksum does not match"
        case .invalidBatch(let offset, let reason): "the record batch at offset \(offset) is not valid: \(reason)"
        case .unsupportedCodec(let codec): "compression codec \(codec) is not known for this format"
        case .decompressionFailed(let codec): "the \(codec) payload cannot be decompressed"
        case .compressionFailed(let codec): "the payload cannot be compressed with \(codec)"
        case .decompressedTooLarge(let limit): "the payload decompresses to more than \(limit) bytes"
        case .noMemory(let size): "there is no memory for a buffer of \(size) bytes"
        }
    }
}
