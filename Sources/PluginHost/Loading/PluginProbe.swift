import CLinux
import EventLoop
import Glibc
import JSON

/// Looks into a library in a child process, so that one whose constructor exits, crashes or hangs harms nobody.
enum PluginProbe {
    private static let timeLimit: UInt64 = 2_000_000_000
    private static let longestAnswer = 4 << 20
    /// How a child ends whose answer could not be written.
    private static let answerLost: Int32 = 125

    // MARK: - In the child

    /// Looks into a library and writes the manifest, or why there is none, to standard output as one line of JSON.
    ///
    /// Standard output is the answer's alone: what the library prints, at once or from a buffer at the end, goes nowhere.
    ///
    /// - Returns: the exit code, with which the process ends before any destructor of the library runs.
    static func answer(for path: String) -> Int32 {
        let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        let nowhere = Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard output >= 0, nowhere >= 0, dup2(nowhere, STDOUT_FILENO) >= 0 else { return answerLost }
        return write(text(for: path) + "\n", to: output) ? 0 : answerLost
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func text(for path: String) -> String {
        do throws(PluginRefusal) {
            let file = try LibraryFile.open(path)
            return try ManifestReader.read(OpenLibrary.load(file).description()).json.serializedString()
        } catch {
            return JSONValue.object(["error": .string(error.reason)]).serializedString()
        }
    }

    // MARK: - In the worker

    /// Probes a library. Blocks for at most two seconds.
    static func run(_ path: String, program: String) throws(PluginRefusal) -> PluginManifest {
        var ends: [Int32] = [-1, -1]
        guard kcl_pipe(&ends) == 0 else { throw PluginRefusal("cannot be probed: \(errorText(errno))") }
        defer { Glibc.close(ends[0]) }
        let spawned = Result { () throws(PluginRefusal) in try spawn(program, path, output: ends[1]) }
        // Open here too, the pipe would never end.
        Glibc.close(ends[1])
        let child = try spawned.get()
        let deadline = EventLoop.now() &+ timeLimit
        let (text, isWhole) = read(ends[0], until: deadline)
        var status: Int32 = 0
        // The end of its output is not the end of the child: a constructor may close that and wait.
        var isComplete = false
        while isWhole, !isComplete, EventLoop.now() < deadline {
            isComplete = waitpid(child, &status, WNOHANG) == child
            if !isComplete { usleep(1000) }
        }
        if !isComplete {
            kill(child, SIGKILL)
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }
        guard isComplete else {
            throw PluginRefusal("did not finish loading within 2 s in a child process: its constructors must not block")
        }
        if let manifest = try manifest(text) { return manifest }
        let signal = status & 0x7f
        if signal != 0 {
            throw PluginRefusal("crashed a child process with signal \(signal) while it was loaded")
        }
        let code = status >> 8 & 0xff
        guard code != answerLost else {
            throw PluginRefusal(
                "closed descriptors of the child process that loaded it: its constructors must close only what they opened"
            )
        }
        throw PluginRefusal(
            "ended a child process with exit code \(code) while it was loaded: its constructors must not exit"
        )
    }

    private static func manifest(_ text: [UInt8]) throws(PluginRefusal) -> PluginManifest? {
        let json: JSONValue
        do throws(JSONError) {
            guard text.last == UInt8(ascii: "\n") else { return nil }
            json = try JSONValue.parse(text.dropLast())
        } catch {
            return nil
        }
        if let reason = json["error"]?.string { throw PluginRefusal(reason) }
        return PluginManifest(json)
    }

    private static func spawn(_ program: String, _ path: String, output: Int32) throws(PluginRefusal) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        kcl_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The worker blocks signals for its own waiter; the child must be killable in the usual ways.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = [program, "plugins", "--probe", path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
        defer { for variable in environment { free(variable) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, program, &actions, &attributes, &arguments, &environment)
        guard code == 0 else { throw PluginRefusal("cannot be probed with \(program): \(errorText(code))") }
        return child
    }

    /// Reads to the end; false when the time ran out or the answer is endless.
    private static func read(_ descriptor: Int32, until deadline: UInt64) -> ([UInt8], Bool) {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let now = EventLoop.now()
            guard now < deadline, text.count < longestAnswer else { return (text, false) }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = Glibc.poll(&poll, 1, Int32((deadline - now) / 1_000_000 + 1))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { continue }
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (text, true) }
            text += buffer[..<count]
        }
    }
}
