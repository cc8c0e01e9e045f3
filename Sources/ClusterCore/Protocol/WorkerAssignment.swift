import KafkaProtocol

/// What the leader gives a member, and, inside of ``WorkerMetadata``, what a member holds.
///
/// Source: `ConnectProtocol.Assignment`, `ExtendedAssignment`.
package struct WorkerAssignment: Sendable, Equatable {
    /// All went well.
    package static let noError: Int16 = 0
    /// The leader has not read the config topic as far as another member: everybody reads on and joins again.
    package static let configMismatch: Int16 = 1

    /// 0 for `default`, 1 for `compatible`, 2 for `sessioned`.
    package var version: Int16
    package var error: Int16
    /// Member id of the leader.
    package var leaderID: String
    /// Where the leader's REST API is.
    package var leaderURL: String
    /// How far the config topic must have been read before the assignment may be carried out.
    package var configOffset: Int64
    /// Version 0: everything that the member has to run. Later: what it gets in addition; in metadata, all that it holds.
    package var assigned: WorkSet
    /// What the member has to give up. Version 0 has none.
    package var revoked: WorkSet
    /// Milliseconds until the member has to join again; 0 for never. Version 0 has none.
    package var delay: Int32

    /// An assignment.
    package init(
        version: Int16, error: Int16 = noError, leaderID: String, leaderURL: String, configOffset: Int64,
        assigned: WorkSet = WorkSet(), revoked: WorkSet = WorkSet(), delay: Int32 = 0
    ) {
        self.version = version
        self.error = error
        self.leaderID = leaderID
        self.leaderURL = leaderURL
        self.configOffset = configOffset
        self.assigned = assigned
        self.revoked = revoked
        self.delay = delay
    }

    /// The bytes for SyncGroup. Throws for names and URLs beyond 32 767 bytes, and for a negative version.
    package func encode() throws(ConnectProtocolError) -> [UInt8] {
        guard version >= 0 else { throw .unsupportedVersion(version) }
        var writer = ByteWriter()
        do throws(ProtocolError) {
            writer.int16(version)
            writer.int16(error)
            try writer.string(leaderID, false)
            try writer.string(leaderURL, false)
            writer.int64(configOffset)
            try assigned.write(&writer)
            if version > 0 {
                try revoked.write(&writer)
                writer.int32(delay)
            }
        } catch {
            throw .malformed(error)
        }
        return writer.takeBytes()
    }

    /// Reads an assignment of any version with the layout of version 1, as Java does: what is missing at the end is empty,
    /// and what follows is left alone.
    package init(_ bytes: [UInt8]) throws(ConnectProtocolError) {
        self = try VersionedBytes.read(bytes) { (version, reader) throws(ProtocolError) in
            try WorkerAssignment(version: version, &reader)
        }
    }

    private init(version: Int16, _ reader: inout ByteReader) throws(ProtocolError) {
        self.version = version
        error = try reader.int16()
        leaderID = try reader.string(false)
        leaderURL = try reader.string(false)
        configOffset = try reader.int64()
        assigned = reader.remaining > 0 ? try WorkSet(&reader) : WorkSet()
        revoked = reader.remaining > 0 ? try WorkSet(&reader) : WorkSet()
        delay = reader.remaining > 0 ? try reader.int32() : 0
    }
}
