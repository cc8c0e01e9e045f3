import ConnectModel
import Glibc
import Logging

/// Reads the offsets file when the worker starts, whoever wrote it.
struct OffsetFileLoader {
    /// Largest file that is read: some millions of source partitions.
    static let maximumBytes = 512 << 20
    /// Copies of Apache's files under one name before the loader gives up.
    private static let maximumCopies = 100

    let file: AtomicFile
    let logger: Logger

    /// What the file holds; nothing where it is missing or empty.
    ///
    /// A file of Apache's is kept beside it under `NAME.apache` and replaced by one of ours.
    /// - Throws: `state.damaged`, naming the file and what is wrong, or `config.unreadable`, `state.write`.
    func load() throws(ConnectError) -> OffsetTable {
        guard let content = try read(file.path) else {
            try checkFolder()
            logger.info("No offsets file yet, starting without offsets", [LogField("file", file.path)])
            return [:]
        }
        try checkFolder()
        guard !content.isEmpty else {
            logger.warning("The offsets file is empty, starting without offsets", [LogField("file", file.path)])
            return [:]
        }
        if content.starts(with: JavaMapReader.signature) { return try takeOver(content) }
        do {
            return try OffsetFileFormat.decode(content)
        } catch {
            throw damaged(error.reason)
        }
    }

    private func read(_ path: String) throws(ConnectError) -> [UInt8]? {
        do {
            return try AtomicFile.read(path, limit: Self.maximumBytes)
        } catch {
            throw ConnectError(.configUnreadable, "The offsets file cannot be read: \(error)")
        }
    }

    /// Better a refusal now than a commit that fails when the first records are through.
    private func checkFolder() throws(ConnectError) {
        guard access(file.folder, W_OK | X_OK) == 0 else {
            let failure = FileFailure("write to", file.folder)
            throw ConnectError(.stateWrite, "The folder of the offsets file '\(file.path)' cannot be used: \(failure)")
        }
    }

    private func takeOver(_ content: [UInt8]) throws(ConnectError) -> OffsetTable {
        let pairs: [JavaMapReader.Pair]
        do {
            pairs = try JavaMapReader.pairs(of: content)
        } catch {
            throw damaged("it begins as a file of Apache Kafka Connect, but \(error)")
        }
        var table: OffsetTable = [:]
        for pair in pairs { try take(pair, into: &table) }
        let copy = try keep(content)
        do {
            try file.replace(with: OffsetFileFormat.encode(table))
        } catch {
            throw ConnectError(.stateWrite, "The offsets file cannot be written: \(error)")
        }
        logger.info(
            "Took over the offsets file of Apache Kafka Connect",
            [LogField("file", file.path), LogField("kept", copy), LogField("partitions", String(table.count))])
        return table
    }

    /// As Apache's worker does, a key that is none is passed over (the kept copy still has it), and a null is no offset.
    private func take(_ pair: JavaMapReader.Pair, into table: inout OffsetTable) throws(ConnectError) {
        let connector: String
        let partition: (key: OffsetKey, bytes: [UInt8])
        do {
            let parts = try OffsetEntry.key(pair.key ?? [])
            connector = parts.connector
            partition = try OffsetEntry.partition(parts.partition, of: connector)
        } catch {
            logger.warning("Left out an entry of Apache's offsets file: \(error.reason)", [LogField("file", file.path)])
            return
        }
        guard let value = pair.value else { return }
        do {
            guard let offset = try OffsetEntry.offset(value) else { return }
            table[partition.key] = OffsetEntry(connector: connector, partition: partition.bytes, offset: offset)
        } catch {
            let name = String(decoding: pair.key ?? [], as: UTF8.self)
            throw damaged("entry \(name): \(error.reason)")
        }
    }

    /// Writes the content to `NAME.apache`, or, where another file has that name, to `NAME.apache.2` and so on.
    private func keep(_ content: [UInt8]) throws(ConnectError) -> String {
        for number in 1...Self.maximumCopies {
            let path = file.path + ".apache" + (number == 1 ? "" : ".\(number)")
            if let existing = try read(path) {
                if existing == content { return path }
                continue
            }
            do {
                try AtomicFile(path: path, calls: file.calls).replace(with: content)
            } catch {
                throw ConnectError(.stateWrite, "Apache's offsets file cannot be kept: \(error)")
            }
            return path
        }
        throw ConnectError(.stateWrite, "Too many files '\(file.path).apache.N' are kept already; move them away.")
    }

    private func damaged(_ reason: String) -> ConnectError {
        ConnectError(.stateDamaged, "The offsets file '\(file.path)' is damaged: \(reason)")
    }
}
