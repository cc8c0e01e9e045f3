/// The offsets file, version 1. UTF-8 text that people can read:
///
/// ```
/// kafka-connect-offsets 1
/// ["orders",{"filename":"/srv/orders.txt"}]⇥{"position":42}
/// end entries=1 crc32=0badcafe
/// ```
///
/// The first line names format and version. Then one line for each source partition: the key as Apache's worker spells it, a
/// tab, the offset, sorted by key. The last line counts them and carries the CRC-32 of every byte before it, so that a cut
/// or changed file is never taken for a good one.
enum OffsetFileFormat {
    /// Why a file is refused; one clause.
    struct Damage: Error, Equatable {
        let reason: String
    }

    private static let name = "kafka-connect-offsets "
    private static let version = "1"
    private static let newline = UInt8(ascii: "\n")
    private static let tab = UInt8(ascii: "\t")

    /// The file's content.
    static func encode(_ table: OffsetTable) -> [UInt8] {
        var content = Array((name + version + "\n").utf8)
        for (_, entry) in table.sorted(by: { $0.key < $1.key }) {
            content += entry.key
            content.append(tab)
            content += entry.offset
            content.append(newline)
        }
        let checksum = Checksum.spelling(of: Checksum.crc32(content))
        content += "end entries=\(table.count) crc32=\(checksum)\n".utf8
        return content
    }

    /// Reads a file's content back; every byte of it counts.
    static func decode(_ content: [UInt8]) throws(Damage) -> OffsetTable {
        var lines = content.split(separator: newline, omittingEmptySubsequences: false)
        try checkHeader(lines.removeFirst())
        guard lines.popLast()?.isEmpty == true, let trailer = lines.popLast() else {
            throw Damage(reason: "it is cut short: its last line is missing")
        }
        try check(trailer, against: content[..<trailer.startIndex], entries: lines.count)
        var table: OffsetTable = [:]
        table.reserveCapacity(lines.count)
        for (index, line) in lines.enumerated() {
            do {
                try read(line, into: &table)
            } catch {
                throw Damage(reason: "line \(index + 2): \(error.reason)")
            }
        }
        return table
    }

    private static func checkHeader(_ line: ArraySlice<UInt8>) throws(Damage) {
        guard line.starts(with: name.utf8) else {
            throw Damage(reason: "it is no offsets file of kafka-connect or of Apache Kafka Connect")
        }
        let found = line.dropFirst(name.utf8.count)
        guard found.elementsEqual(version.utf8) else {
            let text = String(decoding: found.prefix(20), as: UTF8.self)
            throw Damage(reason: "it has version \(text.debugDescription) of the format, this worker knows \(version)")
        }
    }

    private static func check(_ trailer: ArraySlice<UInt8>, against body: ArraySlice<UInt8>, entries: Int)
        throws(Damage)
    {
        let fields = String(decoding: trailer, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0] == "end", fields[1].hasPrefix("entries="), fields[2].hasPrefix("crc32=")
        else {
            throw Damage(reason: "it is cut short: its last line is not the one that ends an offsets file")
        }
        let checksum = Checksum.spelling(of: Checksum.crc32(body))
        guard fields[2] == "crc32=\(checksum)" else {
            throw Damage(reason: "its checksum is \(checksum), its last line says \(fields[2].dropFirst(6))")
        }
        guard fields[1] == "entries=\(entries)" else {
            throw Damage(reason: "it has \(entries) entries, its last line says \(fields[1].dropFirst(8))")
        }
    }

    private static func read(_ line: ArraySlice<UInt8>, into table: inout OffsetTable) throws(OffsetEntry.Refusal) {
        guard let tab = line.firstIndex(of: tab) else {
            throw OffsetEntry.Refusal(reason: "no tab between key and offset")
        }
        let (connector, partition) = try OffsetEntry.key(Array(line[..<tab]))
        let (key, bytes) = try OffsetEntry.partition(partition, of: connector)
        guard let offset = try OffsetEntry.offset(Array(line[(tab + 1)...])) else {
            throw OffsetEntry.Refusal(reason: "the offset is null")
        }
        let entry = OffsetEntry(connector: connector, partition: bytes, offset: offset)
        guard table.updateValue(entry, forKey: key) == nil else {
            throw OffsetEntry.Refusal(reason: "the partition stands in the file twice")
        }
    }
}
