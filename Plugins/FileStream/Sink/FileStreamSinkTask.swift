import ConnectABI
import PluginKit

/// Appends the Java text of each value and a line end to a file, or to standard output.
///
/// All lines of a `put` are gathered and written with one call of the system. What the system was given is there for every
/// reader; it is not forced to the disk. A write that fails fails the task, and the file is left as it was before the
/// `put`, so that the same records can come again without being there twice.
///
/// Source: `org.apache.kafka.connect.file.FileStreamSinkTask`.
final class FileStreamSinkTask: SinkTask {
    /// From so many bytes on, lines are written before the end of the `put`.
    private static let mostGathered = 1 << 20

    private let context: HostContext
    /// nil for standard output, and when it is not started.
    private var path: String?
    private var output: OutputFile?
    /// Made with the task: the one thing that `interrupt` touches, from whatever thread.
    private let interruption = Interruption()
    private let lines = ByteGatherer()

    init(context: HostContext) { self.context = context }

    func start(_ configuration: Configuration) throws(PluginError) {
        path = configuration.text(FileStreamSinkConnector.fileKey)
        if path == nil { output = OutputFile.standardOutput(interruption) }
        do throws(PluginError) {
            _ = try openedOutput()
        } catch {
            // A start is not repeated, a `put` is: records wait for what may pass.
            guard case .retriable = error.kind else { throw error }
            context.log(.warning, "\(error.message); trying again when there are records")
        }
    }

    func put(_ records: SinkRecords) throws(PluginError) {
        guard records.count > 0 else { return }
        guard let output = try openedOutput() else { throw .fatal("put was called before start") }
        try output.begin()
        defer { output.end() }
        lines.removeAll()
        try records.forEachRecord { (record) throws(PluginError) in
            append(record.pointee, records)
            lines.append(0x0a)
            if lines.count >= FileStreamSinkTask.mostGathered { try writeOut(to: output) }
        }
        try writeOut(to: output)
    }

    func stop() throws(PluginError) {
        let output = self.output
        self.output = nil
        path = nil
        try output?.close()
    }

    func interrupt() { interruption.set() }

    private func openedOutput() throws(PluginError) -> OutputFile? {
        if let output { return output }
        guard let path else { return nil }
        let output = try OutputFile.open(path, interruption)
        self.output = output
        context.log(.info, "Opened \(path) for appending")
        return output
    }

    private func append(_ record: kc_record, _ records: SinkRecords) {
        switch Int(record.value.kind) {
        case KC_STRING: lines.append(record.value.u.bytes, count: Int(record.value.length))
        case KC_BYTES where records.schema(record.value_schema)?.name == nil:
            lines.append(record.value.u.bytes, count: Int(record.value.length))
        default:
            let text = JavaText.of(record.value, records.schema(record.value_schema))
            for byte in text { lines.append(byte) }
        }
    }

    private func writeOut(to output: OutputFile) throws(PluginError) {
        try output.write(lines.bytes)
        lines.removeAll()
    }
}
