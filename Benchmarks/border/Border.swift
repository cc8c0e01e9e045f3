import ConnectABI
import ConnectModel
import Glibc
import PluginHost

/// What the border between worker and plugin costs a record: the same task polled, or put to, with nothing in between and
/// through PluginHost.
///
/// `border LIBRARY CLASS source|sink RECORDS [KEY=VALUE ...]`
@main
enum Border {
    private static let batchSize = 1000
    private static let repeats = 9

    static func main() {
        let arguments = CommandLine.arguments
        // The child that looks into the library first.
        if arguments.count == 4, arguments[1] == "plugins" { return print(PluginHost.probe(arguments[3])) }
        guard arguments.count >= 5, let records = Int(arguments[4]) else {
            fail("usage: border LIBRARY CLASS source|sink N KEY=VALUE ...")
        }
        let pairs = arguments[5...].compactMap { text -> (String, String)? in
            let parts = text.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        let isSource = arguments[3] == "source"
        let own = (0..<repeats).map { _ in raw(arguments[1], arguments[2], isSource, records, pairs) }.sorted()[
            repeats / 2]
        let all = (0..<repeats).map { _ in hosted(arguments[1], arguments[2], isSource, records, pairs) }.sorted()[
            repeats / 2]
        print(
            "\(arguments[2]): plugin alone \(tenths(own)) ns, through the host \(tenths(all)) ns, border \(tenths(all - own)) ns a record"
        )
    }

    private static func raw(
        _ library: String, _ name: String, _ isSource: Bool, _ records: Int, _ pairs: [(String, String)]
    ) -> Double {
        guard let plugin = RawPlugin(library: library, className: name), plugin.start(isSource: isSource, pairs) else {
            fail("\(name) does not start")
        }
        if isSource {
            return timed(records) { plugin.poll(Int32(batchSize)) }
        }
        let lines = Lines(count: batchSize)
        return timed(records) { lines.withBatch { plugin.put($0) ? batchSize : 0 } }
    }

    private static func hosted(
        _ library: String, _ name: String, _ isSource: Bool, _ records: Int, _ pairs: [(String, String)]
    ) -> Double {
        let host = PluginHost(folders: [library], program: "/proc/self/exe", cacheFolder: nil)
        host.rescan()
        do throws(ConnectError) {
            let plugin = try host.resolve(name)
            let config = ConfigMap(pairs.map { ($0.0, Optional($0.1)) })
            if isSource {
                let task = try host.makeSourceTask(plugin, services: NoServices())
                try task.start(config)
                let batch = SourceBatch()
                return timed(records) {
                    guard case .ok = task.poll(batch) else { return 0 }
                    defer { task.release(batch) }
                    return batch.records.count
                }
            }
            let task = try host.makeSinkTask(plugin, services: NoServices())
            try task.start(config)
            let lines = Lines(count: batchSize)
            return timed(records) {
                guard case .ok = task.put(lines.sinkBatch) else { return 0 }
                return batchSize
            }
        } catch {
            fail("\(error) \(host.broken.map(\.reason))")
        }
    }

    /// Nanoseconds a record over at least so many.
    private static func timed(_ records: Int, _ body: () -> Int) -> Double {
        var done = 0
        let start = now()
        while done < records {
            let count = body()
            if count == 0 { fail("only \(done) of \(records) records came") }
            done += count
        }
        return Double(now() - start) / Double(done)
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func tenths(_ number: Double) -> Double { (number * 10).rounded() / 10 }

    private static func fail(_ text: String) -> Never {
        print(text)
        exit(1)
    }
}

/// A batch of lines of 100 bytes for sinks, in both forms.
private final class Lines {
    let sinkBatch = SinkBatch()
    private var batch = kc_batch()
    private let text = UnsafeMutablePointer<UInt8>.allocate(capacity: 100)
    private let topic = UnsafeMutablePointer<kc_topic>.allocate(capacity: 1)

    init(count: Int) {
        text.initialize(repeating: 0x61, count: 100)
        topic.initialize(to: kc_topic(name: kc_string(bytes: text, length: 5, reserved: 0)))
        let records = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: count)
        var record = ConnectRecord()
        record.value = .string(text, 100)
        records.initialize(repeating: record)
        sinkBatch.records = records
        sinkBatch.topics = ["aaaaa"]
        sinkBatch.tableGeneration = 1
        batch.struct_size = UInt32(MemoryLayout<kc_batch>.size)
        batch.kind = UInt32(KC_BATCH_RECORDS)
        batch.records = kc_table(
            items: UnsafeRawPointer(records.baseAddress), count: Int32(clamping: count), stride: 96)
        batch.topics = kc_table(items: UnsafeRawPointer(topic), count: 1, stride: 16)
    }

    func withBatch(_ body: (UnsafePointer<kc_batch>) -> Int) -> Int { withUnsafePointer(to: &batch, body) }
}
