import ConnectABI
import Glibc
import PluginKit

/// Follows a file, or standard input, and makes a record of each line.
///
/// Positions are bytes: the offset of a record is the position after its line end. An incomplete last line is held back. A
/// file that became shorter than what was read of it is read from its start, with a warning; a file that was replaced is
/// read to its end, until nothing has come for two seconds, and then those that took its name from their starts, in turn.
///
/// Source: `org.apache.kafka.connect.file.FileStreamSourceTask`.
final class FileStreamSourceTask: SourceTask {
    private typealias Keys = FileStreamSourceConnector.Keys

    private static let blockSize = 256 << 10
    /// A read that is shorter than this is not worth its call.
    private static let smallestRead = 64 << 10
    /// More records a poll would only take more memory.
    private static let largestBatch = 8192
    private static let missingFileHint: UInt32 = 1000
    private static let shortestHint: UInt32 = 10
    private static let longestHint: UInt32 = 200
    /// How often an idle file is looked at although its changes are told: a link may come to mean another file.
    private static let watchedHint: UInt32 = 10_000
    /// After so many polls without anything new a file counts as idle.
    private static let pollsUntilIdle = 6
    /// One warning of a truncated file in this time is enough.
    private static let warningNanoseconds: UInt64 = 60_000_000_000

    /// Nanoseconds that never go back; tests set their own.
    var now: @Sendable () -> UInt64 = SystemClock.monotonicNanoseconds

    private let context: HostContext
    private var path: String?
    private var partition = Datum.null
    private var topic = ""
    private var batchSize = 2000
    private var maximumLine = 1 << 20

    private var input: InputFile?
    private var buffer = LineBuffer(capacity: blockSize, origin: 0)
    private var spares: [LineBuffer] = []
    private var model: kc_record?
    private var hint = shortestHint
    private var emptyPolls = 0
    /// From the start on: making it starts its thread.
    private var watch: FileWatch?
    private let waiter: FileWatch.Waiter
    private var saidMissing = false
    /// When a truncation was warned of last, and how many came since.
    private var truncationWarning: (at: UInt64, unsaid: Int)?
    /// Why nothing after the lines already taken can be read.
    private var failure: PluginError?
    /// Of a file, not of standard input.
    private var rotation: Rotation?

    init(context: HostContext) {
        self.context = context
        waiter = FileWatch.Waiter(wake: { context.wake() })
    }

    deinit { watch?.disarm(waiter) }

    func start(_ configuration: Configuration) throws(PluginError) {
        path = configuration.text(Keys.file)
        // What Apache's stores for standard input: null when the key is missing, "" when it is empty.
        partition = .fields([
            Keys.filename: path.map { .string($0) } ?? configuration[Keys.file].map { .string($0) } ?? .null
        ])
        guard let topic = configuration.text(Keys.topic) else {
            throw .fatal("Missing required configuration \"\(Keys.topic)\" which has no default value.")
        }
        self.topic = topic
        let size = try configuration.integer(Keys.batchSize, default: 2000)
        batchSize = Int(min(max(size, 1), Int64(FileStreamSourceTask.largestBatch)))
        let line = try configuration.integer(Keys.maximumLineBytes, default: 1 << 20)
        guard (1...Keys.largestLine).contains(line) else {
            throw .fatal("\(Keys.maximumLineBytes) must be between 1 and \(Keys.largestLine)")
        }
        maximumLine = Int(line)
        guard let path else {
            input = try InputFile.standardInput()
            return
        }
        watch = FileWatch.shared
        rotation = Rotation(path: path, context: context, watch: watch, now: now)
    }

    func poll(_ records: SourceRecords, maximum: Int) throws(PluginError) -> PollAnswer {
        guard try openInput() else { return .nothing(retryAfterMilliseconds: FileStreamSourceTask.missingFileHint) }
        if let failure { throw failure }
        rotation?.lookWhileReading()
        let limit = min(batchSize, max(maximum, 1))
        while takeLines(records, limit) == 0 {
            try checkLineLength()
            if try readMore(records) { continue }
            if isWatched { return .nothing(retryAfterMilliseconds: FileStreamSourceTask.watchedHint) }
            // What came before the watch is found by reading once more.
            if emptyPolls >= FileStreamSourceTask.pollsUntilIdle, startWatch() { continue }
            emptyPolls += 1
            defer { hint = min(2 * hint, FileStreamSourceTask.longestHint) }
            return .nothing(retryAfterMilliseconds: hint)
        }
        emptyPolls = 0
        hint = FileStreamSourceTask.shortestHint
        return .records
    }

    func released(_ records: SourceRecords) {
        guard let block = records.owner as? LineBuffer else { return }
        block.lentBatches -= 1
        if block !== buffer && block.lentBatches == 0 && block.capacity == FileStreamSourceTask.blockSize
            && spares.count < 2
        {
            spares.append(block)
        }
    }

    func stop() throws(PluginError) {
        watch?.disarm(waiter)
        rotation?.stop()
        input = nil
    }

    // MARK: - Idle

    /// A change of the file will bring the next poll.
    private var isWatched: Bool { waiter.isWaiting && rotation?.isWaiting != true }

    /// Has the file watched after it has been idle for a while.
    private func startWatch() -> Bool {
        guard let watch, let path, rotation?.isWaiting != true, input?.canBeWatched == true,
            watch.arm(waiter, path: path)
        else {
            return false
        }
        // Should its changes bring nothing, it is idle for a while before it is watched again.
        emptyPolls = 0
        return true
    }

    // MARK: - Reading

    /// Opens the file where its stored offset says.
    private func openInput() throws(PluginError) -> Bool {
        if input != nil { return true }
        guard let path else { return false }
        guard let opened = try InputFile.open(path) else {
            if !saidMissing { context.log(.warning, "Couldn't find file \(path), waiting for it to be created") }
            saidMissing = true
            return false
        }
        saidMissing = false
        // First of all: asking for the offset may take its time, in which others may take the name.
        rotation?.begin(with: opened)
        let stored = try storedPosition()
        let position = opened.isRegular ? stored : 0
        if opened.isRegular && position > opened.size {
            context.log(
                .warning,
                "File \(path) has \(opened.size) bytes, fewer than the stored position \(position): it was truncated or "
                    + "replaced, reading it from its start")
            buffer.reset(to: 0)
        } else {
            buffer.reset(to: position)
        }
        input = opened
        context.log(.info, "Opened \(path) for reading at position \(buffer.position)")
        return true
    }

    private func storedPosition() throws(PluginError) -> Int64 {
        let offset = try context.storedOffsets(of: [partition]).first ?? .null
        switch offset[Keys.position] ?? .null {
        case .null: return 0
        case .integer(let number): return max(number, 0)
        default: throw .fatal("Offset position is the incorrect type")
        }
    }

    /// Reads once, or finds out why there is nothing to read.
    ///
    /// - Returns: true when there may be new lines.
    private func readMore(_ records: SourceRecords) throws(PluginError) -> Bool {
        guard let input else { return false }
        makeRoom()
        switch try read(from: input) {
        case .bytes(let count):
            buffer.accept(count)
            rotation?.grew()
            return true
        case .nothingNow: return false
        case .end: return try handleEnd(of: input, records)
        }
    }

    private func read(from input: InputFile) throws(PluginError) -> InputFile.Reading {
        do throws(PluginError) {
            return try input.read(buffer.base + buffer.scanner.end, count: buffer.room, at: buffer.readPosition)
        } catch {
            throw PluginError(kind: error.kind, message: "\(path ?? "standard input"): \(error.message)")
        }
    }

    private func handleEnd(of input: InputFile, _ records: SourceRecords) throws(PluginError) -> Bool {
        guard let path else { return false }
        switch input.change(readPosition: buffer.readPosition) {
        case .none:
            guard let next = try rotation?.successor(of: input) else { return false }
            takeRest(records)
            watch?.disarm(waiter)
            self.input = next
            replaceBuffer(origin: 0)
            return records.count == 0
        case .truncated(let size):
            warnOfTruncation(path, size: size)
            replaceBuffer(origin: 0)
            // Whoever writes it has hardly begun, and a file that shrinks again and again must not take a processor.
            hint = FileStreamSourceTask.longestHint
            emptyPolls = 0
            return false
        }
    }

    private func warnOfTruncation(_ path: String, size: Int64) {
        let time = now()
        if let last = truncationWarning, time &- last.at < FileStreamSourceTask.warningNanoseconds {
            truncationWarning = (last.at, last.unsaid + 1)
            return
        }
        let unsaid = truncationWarning?.unsaid ?? 0
        truncationWarning = (time, 0)
        context.log(
            .warning,
            "File \(path) was truncated: it has \(size) bytes and \(buffer.readPosition) had been read; reading it from its "
                + "start" + (unsaid > 0 ? " (and \(unsaid) times since the warning before)" : ""))
    }

    /// Whatever is held of a line that cannot go on.
    private func takeRest(_ records: SourceRecords) {
        guard let line = buffer.scanner.takeRest() else { return }
        let model = recordModel(records)
        let text = buffer.text(of: line)
        var cursor = records.cursor(additional: 1)
        cursor.append(model, value: text.start, count: Int32(clamping: text.count), offset: buffer.position)
        records.finish(cursor)
        lend(to: records)
    }

    // MARK: - Lines

    /// Appends complete lines, and says how many.
    private func takeLines(_ records: SourceRecords, _ limit: Int) -> Int {
        if records.count > 0 { return records.count }
        let buffer = self.buffer
        // Taken out of the object, so that the loop works in registers.
        var scanner = buffer.scanner
        guard var line = scanner.next(buffer.base) else {
            buffer.scanner = scanner
            return 0
        }
        let model = recordModel(records)
        let hasPositions = path != nil
        let base = UnsafePointer(buffer.base)
        let foreign = buffer.firstForeign
        let origin = buffer.origin
        var cursor = records.cursor(additional: limit)
        while true {
            var start = base + line.start
            var count = line.end - line.start
            if count > maximumLine {
                failure = tooLong(at: origin + Int64(line.start))
                break
            }
            if line.end > foreign { (start, count) = buffer.text(of: line) }
            if hasPositions {
                cursor.append(
                    model, value: start, count: Int32(truncatingIfNeeded: count), offset: origin + Int64(scanner.start))
            } else {
                cursor.append(model, value: start, count: Int32(truncatingIfNeeded: count))
            }
            if cursor.isFull { break }
            guard let next = scanner.next(base) else { break }
            line = next
        }
        buffer.scanner = scanner
        records.finish(cursor)
        if records.count > 0 { lend(to: records) }
        return records.count
    }

    private func lend(to records: SourceRecords) {
        records.owner = buffer
        buffer.lentBatches += 1
    }

    /// What all records of a poll have in common.
    private func recordModel(_ records: SourceRecords) -> kc_record {
        var model = self.model ?? makeModel(records)
        model.timestamp = SystemClock.wallMilliseconds()
        self.model = model
        return model
    }

    private func makeModel(_ records: SourceRecords) -> kc_record {
        var model = kc_record()
        model.topic = records.topic(topic)
        model.source_partition = records.partition(partition, offsetKey: Keys.position)
        model.key_schema = -1
        model.value_schema = records.schema(RecordSchema(.string))
        model.value.kind = UInt8(KC_STRING)
        model.flags = UInt32(KC_RECORD_HAS_TIMESTAMP)
        if path == nil {
            // Standard input cannot be gone back to: Apache's stores a null position.
            model.offset = records.value(.fields([Keys.position: .null]))
        } else {
            model.offset.kind = UInt8(KC_INT64)
        }
        return model
    }

    private func checkLineLength() throws(PluginError) {
        if let failure { throw failure }
        // One byte more may be a `\r` that waits.
        if buffer.scanner.heldBytes > maximumLine + 1 { throw tooLong(at: buffer.position) }
    }

    private func tooLong(at position: Int64) -> PluginError {
        .fatal(
            "The line at position \(position) of \(path ?? "standard input") is longer than \(maximumLine) bytes; "
                + "raise \(Keys.maximumLineBytes), or take the line out of the file")
    }

    // MARK: - Blocks

    /// Sees to it that a read is worth while, without touching bytes that records point to.
    private func makeRoom() {
        let smallest = FileStreamSourceTask.smallestRead
        let needed = buffer.scanner.heldBytes + smallest
        let isOversized = buffer.capacity > FileStreamSourceTask.blockSize && needed <= FileStreamSourceTask.blockSize
        if buffer.lentBatches == 0 { buffer.compact() }
        if buffer.room >= smallest && !isOversized { return }
        let next =
            needed > FileStreamSourceTask.blockSize
            ? LineBuffer(capacity: max(needed, 2 * buffer.capacity), origin: 0) : freshBlock()
        next.takeHeldBytes(of: buffer)
        retire(buffer)
        buffer = next
    }

    private func replaceBuffer(origin: Int64) {
        let next = freshBlock()
        retire(buffer)
        next.reset(to: origin)
        buffer = next
    }

    private func freshBlock() -> LineBuffer {
        spares.popLast() ?? LineBuffer(capacity: FileStreamSourceTask.blockSize, origin: 0)
    }

    private func retire(_ block: LineBuffer) {
        if block.lentBatches == 0 && block.capacity == FileStreamSourceTask.blockSize && spares.count < 2 {
            spares.append(block)
        }
    }
}
