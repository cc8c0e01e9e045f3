import Foundation
import JSON

/// Apache's own classes as a process: one JSON request a line, one JSON answer a line.
final class Oracle {
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()
    private var buffered = Data()

    /// Why there is no oracle here; nil when there is one.
    static var missing: String? {
        guard let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] else { return "KAFKA_HOME is not set" }
        guard FileManager.default.isExecutableFile(atPath: home + "/bin/connect-oracle") else {
            return "\(home) has no connect-oracle"
        }
        return nil
    }

    init() throws {
        let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? ""
        process.executableURL = URL(fileURLWithPath: home + "/bin/connect-oracle")
        process.standardInput = requests
        process.standardOutput = answers
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func close() {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func ask(_ request: JSONValue) throws -> JSONValue {
        try requests.fileHandleForWriting.write(contentsOf: Data(request.serialized() + [0x0a]))
        while true {
            if let end = buffered.firstIndex(of: 0x0a) {
                let line = [UInt8](buffered[buffered.startIndex..<end])
                buffered.removeSubrange(buffered.startIndex...end)
                return try JSONValue.parse(line)
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else { throw OracleEnded() }
            buffered.append(more)
        }
    }

    struct OracleEnded: Error {}
}
