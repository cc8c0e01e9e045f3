import ConnectABI
import PluginKit

/// Counts beats.
final class HeartbeatSourceTask: SourceTask {
    private static let partition = Datum.fields(["source": .string("heartbeat")])

    private let context: HostContext
    private var topic = ""
    private var interval = Duration.seconds(1)
    private var beat: Int64 = 0
    private var next = ContinuousClock.now

    init(context: HostContext) { self.context = context }

    func start(_ configuration: Configuration) throws(PluginError) {
        topic = configuration.text("topic") ?? ""
        interval = .milliseconds(max(try configuration.integer("interval.ms", default: 1000), 1))
        // Goes on behind the last beat that Kafka has.
        if case .integer(let stored) = try context.storedOffsets(of: [Self.partition]).first?["beat"] {
            beat = stored + 1
        }
        next = .now
    }

    func poll(_ records: SourceRecords, maximum: Int) throws(PluginError) -> PollAnswer {
        let wait = next - .now
        // Costs no thread; a source that is told of data calls `context.wake()` instead.
        guard wait <= .zero else {
            let milliseconds = wait.components.seconds * 1000 + wait.components.attoseconds / 1_000_000_000_000_000
            return .nothing(retryAfterMilliseconds: UInt32(clamping: milliseconds + 1))
        }
        var record = kc_record()
        record.value = kc_value(int64: beat)
        record.offset = record.value
        record.topic = records.topic(topic)
        record.source_partition = records.partition(Self.partition, offsetKey: "beat")
        record.key_schema = -1
        record.value_schema = -1
        records.append(record)
        beat += 1
        next += interval
        return .records
    }
}

extension kc_value {
    fileprivate init(int64 number: Int64) {
        self.init()
        kind = UInt8(KC_INT64)
        u.i = number
    }
}
