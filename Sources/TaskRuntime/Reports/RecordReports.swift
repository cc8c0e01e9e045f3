import ConnectModel
import Logging
import RecordPipeline

/// Tells the log of records that are left out, as `errors.log.enable` and `errors.log.include.messages` want it.
///
/// Where a record comes from and goes to is always told, so that it can be found; what it holds only where messages are to be
/// included. Nothing here is done for a record that is not left out.
///
/// Source: Apache's `LogReporter`, `ProcessingContext`, which name no record at all without messages.
struct RecordReports: Sendable {
    private let log: Logger
    private let isEnabled: Bool
    private let includesMessages: Bool
    private let task: TaskID

    init(_ task: TaskID, _ settings: TaskSettings, _ log: Logger) {
        self.task = task
        self.log = log
        isEnabled = settings.logsErrors
        includesMessages = settings.logsMessages
    }

    // MARK: Sources

    /// A record that came from the plugin.
    ///
    /// - Parameter text: spells its offset.
    func source(_ error: ConnectError, stage: String, _ index: Int, of batch: SourceBatch, _ text: OffsetText) {
        guard isEnabled else { return }
        guard batch.records.indices.contains(index) else { return write(error, stage, []) }
        let record = batch.records[index]
        var fields: [LogField] = []
        if batch.topics.indices.contains(Int(record.topic)) {
            fields.append(LogField("topic", ShownText.of(batch.topics[Int(record.topic)])))
        }
        if record.flags.contains(.hasPartition) { fields.append(LogField("partition", record.partition)) }
        if batch.sourcePartitions.indices.contains(Int(record.sourcePartition)) {
            let partition = batch.sourcePartitions[Int(record.sourcePartition)]
            fields.append(LogField("source_partition", ShownText.of(partition.json)))
            if let offset = Self.offset(record, partition, text) {
                fields.append(LogField("source_offset", ShownText.of(offset)))
            }
        }
        write(error, stage, includesMessages ? fields + Self.contents(record, batch.schemas) : fields)
    }

    /// A record that was sent, and is not there any more.
    func sent(_ error: ConnectError, topic: String?, _ partition: SourcePartition?) {
        guard isEnabled else { return }
        var fields: [LogField] = []
        if let topic { fields.append(LogField("topic", ShownText.of(topic))) }
        if let partition { fields.append(LogField("source_partition", ShownText.of(partition.json))) }
        write(error, "KAFKA_PRODUCE", fields)
    }

    /// As it would be stored; nil where the plugin gave none that can be.
    private static func offset(
        _ record: ConnectRecord, _ partition: SourcePartition, _ text: OffsetText
    ) -> [UInt8]? {
        do throws(ConnectError) {
            let offset = try text.ledgerOffset(record.offset)
            return try text.stored(OffsetLedger.Committable(partition: partition, offset: offset))
        } catch {
            return nil
        }
    }

    private static func contents(_ record: ConnectRecord, _ schemas: [Schema]) -> [LogField] {
        var fields: [LogField] = []
        if record.flags.contains(.hasTimestamp) { fields.append(LogField("timestamp", record.timestamp)) }
        for (name, value, number) in [
            ("key", record.key, record.keySchema), ("value", record.value, record.valueSchema),
        ] {
            let schema = schemas.indices.contains(Int(number)) ? schemas[Int(number)] : nil
            if let schema { fields.append(LogField("\(name)_schema", ShownText.of(describe(schema)))) }
            fields.append(LogField(name, shown(value, schema)))
        }
        if let headers = record.headers, record.headerCount > 0 {
            var list = ""
            for header in UnsafeBufferPointer(start: headers, count: Int(record.headerCount))
            where list.utf8.count <= ShownText.limit {
                let name = UnsafeBufferPointer(start: header.name, count: Int(max(header.nameLength, 0)))
                let schema = schemas.indices.contains(Int(header.schema)) ? schemas[Int(header.schema)] : nil
                list += (list.isEmpty ? "" : ", ") + ShownText.of(name) + "=" + shown(header.value, schema)
            }
            fields.append(LogField("headers", ShownText.of(list)))
        }
        return fields
    }

    private static func shown(_ value: Value, _ schema: Schema?) -> String {
        ShownText.of(JavaText.describe(value, schema: schema, atMost: ShownText.limit + 4))
    }

    /// As Java's `ConnectSchema` prints itself.
    private static func describe(_ schema: Schema) -> String {
        let kind = schema.kind == .structure ? "STRUCT" : "\(schema.kind)".uppercased()
        return "Schema{" + (schema.name.map { $0 + ":" } ?? "") + kind + "}"
    }

    // MARK: Sinks

    /// A record that came from Kafka and failed before the plugin had it.
    func sink(_ error: ConnectError, stage: String, _ partition: TopicPartition, _ record: IncomingRecord) {
        guard isEnabled else { return }
        write(error, stage, position(partition, record.offset, record.timestamp, record.flags))
    }

    /// A record that the plugin reported.
    ///
    /// - Parameter batch: what it was given last; nil where other records lie there by now.
    func put(_ error: ConnectError, _ index: Int, of batch: SinkBatch?) {
        guard isEnabled else { return }
        var fields: [LogField] = []
        if let batch, batch.records.indices.contains(index) {
            let record = batch.records[index]
            if batch.topics.indices.contains(Int(record.topic)) {
                let partition = TopicPartition(topic: batch.topics[Int(record.topic)], partition: record.partition)
                fields = position(partition, record.offset.int64, record.timestamp, record.flags)
            }
        }
        write(error, "TASK_PUT", fields)
    }

    private func position(
        _ partition: TopicPartition, _ offset: Int64, _ timestamp: Int64, _ flags: ConnectRecord.Flags
    ) -> [LogField] {
        let fields = [
            LogField("topic", ShownText.of(partition.topic)), LogField("partition", partition.partition),
            LogField("offset", offset),
        ]
        guard includesMessages, flags.contains(.hasTimestamp) else { return fields }
        let type = flags.contains(.appendTime) ? "LogAppendTime" : "CreateTime"
        return fields + [LogField("timestamp", timestamp), LogField("timestamp_type", type)]
    }

    private func write(_ error: ConnectError, _ stage: String, _ fields: [LogField]) {
        log.error(
            "A record was left out: \(error.message)",
            [
                .connector(task.connector), .task(task.description), .errorCode(error.code.rawValue),
                LogField("stage", stage),
            ] + fields)
    }
}
