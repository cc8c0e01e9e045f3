import ConnectModel
import KafkaProtocol

/// Task number that stands for the connector instance itself.
private let connectorMarker: Int32 = -1

extension WorkSet {
    /// Writes an array of connector assignments. Connectors that are in the set themselves come first, as Java groups them;
    /// among them the order of the set is kept, where Java writes what it assigns in the order of a hash set.
    func write(_ writer: inout ByteWriter) throws(ProtocolError) {
        guard let count = Int32(exactly: entries.count) else { throw .tooLong(entries.count) }
        writer.int32(count)
        for entry in entries where entry.hasConnector { try write(entry, &writer) }
        for entry in entries where !entry.hasConnector { try write(entry, &writer) }
    }

    private func write(_ entry: Entry, _ writer: inout ByteWriter) throws(ProtocolError) {
        let numbers = entry.tasks.inOrder
        try writer.string(entry.connector, false)
        guard let count = Int32(exactly: numbers.count + (entry.hasConnector ? 1 : 0)) else {
            throw .tooLong(numbers.count)
        }
        writer.int32(count)
        if entry.hasConnector { writer.int32(connectorMarker) }
        for number in numbers { writer.int32(number) }
    }

    /// Reads an array of connector assignments; a negative count stands for none.
    init(_ reader: inout ByteReader) throws(ProtocolError) {
        self.init()
        // What is kept grows with the bytes that are really there, never with what a count promises.
        for _ in 0..<max(0, try reader.int32()) {
            let connector = try reader.string(false)
            let count = try reader.int32()
            guard count >= 0 else { throw .invalidLength(Int(count)) }
            guard Int(count) <= reader.remaining / 4 else { throw .countTooLarge(Int(count)) }
            for _ in 0..<count {
                let number = try reader.int32()
                if number == connectorMarker {
                    insert(connector: connector)
                } else {
                    insert(TaskID(connector: connector, number: number))
                }
            }
        }
    }
}
