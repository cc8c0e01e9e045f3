import Foundation
import JSON

/// Apache's own classes on this machine, as a process that answers one line for each line.
final class Apache {
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()
    private var buffered = Data()

    private static let home = ProcessInfo.processInfo.environment["KAFKA_HOME"]

    /// Why there is no oracle here; nil when there is one. Printed once, because a skip needs a reason.
    static let noOracle: String? = skipped("Apache's group protocol", unlessExecutable: ["bin/connect-oracle"])

    /// Why there is no judge here; nil when there is one. Printed once, because a skip needs a reason.
    static let noJudge: String? = skipped(
        "Apache's assignor", unlessExecutable: ["bin/connect-oracle"], onPath: ["javac"])

    /// What reads and writes metadata and assignments; speaks JSON.
    static func oracle() throws -> Apache { try Apache(["\(home ?? "")/bin/connect-oracle"]) }

    /// What is in `AssignorJudge.java`.
    static func judge() throws -> Apache {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "AssignorJudge.java")
        return try Apache(["/usr/bin/env", "java", "-cp", "\(home ?? "")/libs/*", source.path])
    }

    private init(_ command: [String]) throws {
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = requests
        process.standardOutput = answers
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func close() {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func ask(_ line: String) throws -> String {
        try requests.fileHandleForWriting.write(contentsOf: Data(line.utf8) + [0x0a])
        while true {
            if let end = buffered.firstIndex(of: 0x0a) {
                defer { buffered.removeSubrange(buffered.startIndex...end) }
                return String(decoding: buffered[buffered.startIndex..<end], as: UTF8.self)
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Ended() }
            buffered.append(more)
        }
    }

    func ask(_ request: JSONValue) throws -> JSONValue { try JSONValue.parse(ask(request.serializedString())) }

    struct Ended: Error {}

    private static func skipped(
        _ what: String, unlessExecutable programs: [String], onPath tools: [String] = []
    ) -> String? {
        guard let reason = missing(programs, tools) else { return nil }
        print("skipped: comparison with \(what): \(reason)")
        return reason
    }

    private static func missing(_ programs: [String], _ tools: [String]) -> String? {
        guard let home else { return "KAFKA_HOME is not set" }
        for program in programs where !FileManager.default.isExecutableFile(atPath: "\(home)/\(program)") {
            return "\(home) has no \(program)"
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for tool in tools
        where !path.split(separator: ":").contains(where: {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
        }) {
            return "there is no \(tool)"
        }
        return nil
    }
}
