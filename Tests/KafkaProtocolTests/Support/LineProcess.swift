import Glibc

/// A child process that answers one line for each line.
final class LineProcess {
    private let process: pid_t
    private let input: UnsafeMutablePointer<FILE>
    private let output: UnsafeMutablePointer<FILE>

    /// Starts a program found on the path; nil where that fails.
    init?(_ arguments: [String]) {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { return nil }
        for end in [toChild[1], fromChild[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        posix_spawn_file_actions_addclose(&actions, toChild[0])
        posix_spawn_file_actions_addclose(&actions, fromChild[1])
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        guard let name = arguments.first, posix_spawnp(&child, name, &actions, nil, &words, environ) == 0 else {
            return nil
        }
        close(toChild[0])
        close(fromChild[1])
        process = child
        guard let input = fdopen(toChild[1], "w"), let output = fdopen(fromChild[0], "r") else { return nil }
        self.input = input
        self.output = output
    }

    deinit {
        fclose(input)
        fclose(output)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// Asks, and waits for the answer; nil when the child is gone.
    func ask(_ line: String) -> String? {
        guard fputs(line + "\n", input) >= 0, fflush(input) == 0 else { return nil }
        var buffer: UnsafeMutablePointer<CChar>?
        var size = 0
        defer { free(buffer) }
        let count = getline(&buffer, &size, output)
        guard count > 0, let buffer else { return nil }
        let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
        return String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }
}

/// Apache Kafka on this machine, for tests that compare with it.
enum Apache {
    /// `KAFKA_HOME`, nil where it is not set.
    static var home: String? { getenv("KAFKA_HOME").map { String(cString: $0) } }

    /// Why tests against Apache's classes cannot run here; nil when they can. Printed once, because a skip needs a reason.
    static let whyNot: String? = {
        let reason: String? =
            if home == nil {
                "KAFKA_HOME is not set"
            } else if !onPath("javac") {
                "there is no Java development kit"
            } else {
                nil
            }
        if let reason { print("skipped: comparison with Apache's classes: \(reason)") }
        return reason
    }()

    private static func onPath(_ program: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    /// The program of `ApacheJudge.java`.
    static func judge() -> LineProcess? {
        home.flatMap { LineProcess(["java", "-cp", "\($0)/libs/*", Fixture.path("../Support/ApacheJudge.java")]) }
    }

    /// The project's oracle, which answers JSON.
    static func oracle() -> LineProcess? { home.flatMap { LineProcess(["\($0)/bin/connect-oracle"]) } }
}
