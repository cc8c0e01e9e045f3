import KafkaProtocol

/// Bytes that begin with a version, which everything in Connect's group protocol does.
enum VersionedBytes {
    /// Reads the version, then the rest with `body`.
    static func read<T>(
        _ bytes: [UInt8], _ body: (Int16, inout ByteReader) throws(ProtocolError) -> T
    ) throws(ConnectProtocolError) -> T {
        guard !bytes.isEmpty else { throw .empty }
        // The closure form rethrows untyped; a Result keeps the type.
        return try bytes.withUnsafeBytes { buffer in
            Result { () throws(ConnectProtocolError) in
                var reader = ByteReader(buffer)
                do throws(ProtocolError) {
                    let version = try reader.int16()
                    if version >= 0 { return try body(version, &reader) }
                    throw .unsupportedVersion("Connect's group protocol", version)
                } catch {
                    if case .unsupportedVersion(_, let version) = error { throw .unsupportedVersion(version) }
                    throw .malformed(error)
                }
            }
        }.get()
    }
}
