import Foundation
import Glibc

/// One broker of Apache's release on loopback, or several, started from `KAFKA_HOME` and removed at the end.
final class TestBroker {
    let address: String
    private let folder: String
    private let home: String

    /// Why there is none here; nil when there can be one.
    static var missing: String? {
        guard let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] else { return "KAFKA_HOME is not set" }
        guard FileManager.default.isExecutableFile(atPath: home + "/bin/brokers") else {
            return "\(home) has no bin/brokers"
        }
        return nil
    }

    init(count: Int = 1, settings: [String] = []) throws {
        let port = try Self.freePort(count)
        home = ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? ""
        folder = NSTemporaryDirectory() + "kafka-client-\(ProcessInfo.processInfo.processIdentifier)-\(port)"
        address = "127.0.0.1:\(port)"
        try run(
            ["start", "--dir", folder, "--port", "\(port)", "--count", "\(count)"]
                + settings.flatMap { ["--set", $0] })
    }

    /// The first of so many ports that are free, as are those 100 and 200 above them, which the script takes too.
    private static func freePort(_ count: Int) throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 23_000..<29_000)
            let ports = (port..<port + count).flatMap { [$0, $0 + 100, $0 + 200] }
            if ports.allSatisfy({ isFree($0) }) { return port }
        }
        throw BrokerError(arguments: ["no free port"])
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    func kill(_ node: Int = 0) throws { try run(["kill", "--dir", folder, "\(node)"]) }
    func restart(_ node: Int = 0) throws {
        // A process that was killed is there for a moment more, and until then this is refused.
        for _ in 0..<50 {
            do { return try run(["restart", "--dir", folder, "\(node)"]) } catch { usleep(100_000) }
        }
        try run(["restart", "--dir", folder, "\(node)"])
    }
    func pause() throws { try run(["pause", "--dir", folder, "0"]) }
    func resume() throws { try run(["resume", "--dir", folder, "0"]) }
    func destroy() { try? run(["destroy", "--dir", folder]) }

    /// Gives a topic more partitions.
    func alter(_ topic: String, partitions: Int) throws {
        let arguments = ["--alter", "--topic", topic, "--partitions", "\(partitions)"]
        try run(["--bootstrap-server", address] + arguments, program: home + "/bin/kafka-topics.sh")
    }

    /// What Apache's console consumer prints of the first records of a topic.
    func consume(_ topic: String, count: Int, properties: [String]) throws -> [String] {
        let output = folder + "/consumed-\(topic)"
        let words = ["--topic", topic, "--from-beginning", "--max-messages", "\(count)", "--timeout-ms", "60000"]
        let tool = [home + "/bin/kafka-console-consumer.sh", "--bootstrap-server", address]
        try run(
            ["-c", "exec \"$@\" > \(output)", "sh"] + tool + words
                + properties.flatMap { ["--formatter-property", $0] },
            program: "/bin/sh")
        return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Not by Foundation's `Process`: it waits for the end of every process that inherited its descriptors, and so for the
    /// broker itself.
    private func run(_ arguments: [String], program: String? = nil) throws {
        let program = program ?? home + "/bin/brokers"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        guard posix_spawn(&child, program, &actions, nil, words, environ) == 0 else {
            throw BrokerError(arguments: arguments)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw BrokerError(arguments: arguments) }
    }

    struct BrokerError: Error { let arguments: [String] }
}
