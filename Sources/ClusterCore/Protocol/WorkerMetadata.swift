package import ConnectModel
import KafkaProtocol

/// What a member tells its group when it joins.
///
/// Source: `ConnectProtocol.WorkerState`, `ExtendedWorkerState`.
package struct WorkerMetadata: Sendable, Equatable {
    /// 0 for `default`, 1 for `compatible`, 2 for `sessioned`.
    package var version: Int16
    /// Where the member's REST API is.
    package var url: String
    /// How far the member has read the config topic; -1 for nothing.
    package var configOffset: Int64
    /// What it holds; nil for nothing. Version 0 has none.
    package var allocation: WorkerAssignment?

    /// What a member tells.
    package init(version: Int16, url: String, configOffset: Int64, allocation: WorkerAssignment?) {
        self.version = version
        self.url = url
        self.configOffset = configOffset
        self.allocation = allocation
    }

    /// The connectors and tasks that the member holds.
    package var held: WorkSet { allocation?.assigned ?? WorkSet() }

    /// The bytes for JoinGroup; what is held is written in the version of the whole. Throws for names and URLs beyond
    /// 32 767 bytes, and for a negative version.
    package func encode() throws(ConnectProtocolError) -> [UInt8] {
        guard version >= 0 else { throw .unsupportedVersion(version) }
        var nested: [UInt8]?
        if version > 0, var allocation {
            allocation.version = version
            nested = try allocation.encode()
        }
        var writer = ByteWriter()
        do throws(ProtocolError) {
            writer.int16(version)
            try writer.string(url, false)
            writer.int64(configOffset)
            if version > 0 { try writer.nullableBytes(nested, false) }
        } catch {
            throw .malformed(error)
        }
        return writer.takeBytes()
    }

    /// Reads what a member tells, in any version, with the layout of version 1, as Java does: what is missing at the end is
    /// none, and what follows is left alone. An allocation that cannot be read makes the whole unreadable.
    package init(_ bytes: [UInt8]) throws(ConnectProtocolError) {
        let (whole, nested) = try VersionedBytes.read(bytes) { (version, reader) throws(ProtocolError) in
            let url = try reader.string(false)
            let offset = try reader.int64()
            let metadata = WorkerMetadata(version: version, url: url, configOffset: offset, allocation: nil)
            guard reader.remaining > 0 else { return (metadata, [UInt8]?.none) }
            let count = try reader.int32()
            guard count >= 0 else { return (metadata, nil) }
            return (metadata, [UInt8](try reader.raw(Int(count))))
        }
        self = whole
        if let nested { allocation = try WorkerAssignment(nested) }
    }

    /// What a worker offers its group, the preferred protocol first.
    ///
    /// - Parameter holding: its last assignment, merged with what it held before; nil for none.
    package static func offers(
        _ mode: ConnectProtocolMode, url: String, configOffset: Int64, holding allocation: WorkerAssignment?
    ) throws(ConnectProtocolError) -> [GroupOffer] {
        var offers: [GroupOffer] = []
        for offer in mode.offers {
            let metadata = WorkerMetadata(
                version: offer.version, url: url, configOffset: configOffset, allocation: allocation)
            offers.append(GroupOffer(name: offer.name, metadata: try metadata.encode()))
        }
        return offers
    }
}
