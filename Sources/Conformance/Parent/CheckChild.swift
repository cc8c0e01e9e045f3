import CConformance
import Glibc

/// The process of one check, seen from the one that started it: reads what it reports, and ends it when it takes too long.
struct CheckChild {
    /// What came of it.
    struct Outcome {
        var verdict: Verdict
        /// Of the class, where the check found it out.
        var kind: Check.Scope?
        /// The command line cannot be used, for this reason.
        var misuse: String?
    }

    /// Beyond the calls' own limits: what a check with many slow calls may take.
    private static let checkLimit = 300.0
    /// What the end of the process may take once everything was destroyed.
    private static let endLimit = 5.0
    private static let longestTail = 400

    private var reader = ReportReader()
    /// The end of what the library printed, by the end of the pipe.
    private var tails: [Int32: [UInt8]] = [:]

    /// Runs a check to its end.
    static func run(_ check: Check, words: [String], options: Options) -> Outcome {
        var child = CheckChild()
        return child.run(check, words, options)
    }

    private mutating func run(_ check: Check, _ words: [String], _ options: Options) -> Outcome {
        var report: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        var errors: [Int32] = [-1, -1]
        guard pipe(&report) == 0, pipe(&output) == 0, pipe(&errors) == 0 else {
            return failure("cannot be checked: \(SystemText.error(errno))")
        }
        let pid = Self.spawn(check, words, report: report[1], output: output[1], errors: errors[1])
        for end in [report[1], output[1], errors[1]] { close(end) }
        defer { for end in [report[0], output[0], errors[0]] { close(end) } }
        guard pid > 0 else { return failure("cannot be checked: no process was to be had") }
        var isLate = follow([report[0], output[0], errors[0]], options)
        var status: Int32 = 0
        if isLate || !Self.hasEnded(pid, &status) {
            if !isLate {
                reader.problems.append("closed descriptors that are not its own, and the process did not end")
            }
            isLate = true
            kill(-pid, SIGKILL)
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        }
        // What the library started goes too.
        kill(-pid, SIGKILL)
        if !isLate { describe(status, errors: errors[0]) }
        if check.name == LoadChecks.quietCheck, tails[output[0]] != nil || tails[errors[0]] != nil {
            let text = (tails[output[0]] ?? []) + (tails[errors[0]] ?? [])
            reader.problems.append(
                "loading it prints \"\(Self.lastLine(text))\": a library that is looked into is silent; log with host->log"
            )
        }
        return Outcome(verdict: reader.verdict, kind: reader.kind, misuse: reader.misuse)
    }

    /// Waits a while for a process whose report has come to its end.
    private static func hasEnded(_ pid: pid_t, _ status: inout Int32) -> Bool {
        let end = Monotonic.seconds() + endLimit
        while Monotonic.seconds() < end {
            if waitpid(pid, &status, WNOHANG) == pid { return true }
            usleep(500)
        }
        return false
    }

    private func failure(_ reason: String) -> Outcome {
        Outcome(verdict: Verdict(result: .fail, remarks: [reason]))
    }

    /// Reads until the child is at its end.
    ///
    /// - Returns: true when it took too long.
    private mutating func follow(_ ends: [Int32], _ options: Options) -> Bool {
        let started = Monotonic.seconds()
        var completed: Double?
        var open = ends
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        // The report ends with the child's last thread; what it started may keep the others.
        while open.contains(ends[0]) {
            let now = Monotonic.seconds()
            if let call = reader.lateCall(now: now, limit: options.callLimit) {
                reader.problems.append(
                    "\(call) did not return within \(options.callLimit.short) s: a worker gives the instance up with its thread"
                )
                return true
            }
            if reader.isComplete, completed == nil { completed = now }
            if let completed, now - completed > Self.endLimit {
                reader.problems.append(
                    "the process did not end after everything was destroyed: a destructor of the library holds it up")
                return true
            }
            if now - started > Self.checkLimit + 4 * options.seconds {
                reader.problems.append("took more than \(Self.checkLimit.short) s\(reader.place)")
                return true
            }
            var polls = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polls, nfds_t(polls.count), 50) > 0 else { continue }
            for entry in polls where entry.revents != 0 {
                let count = buffer.withUnsafeMutableBytes { read(entry.fd, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    open.removeAll { $0 == entry.fd }
                    continue
                }
                take(Array(buffer[..<count]), from: entry.fd, isReport: entry.fd == ends[0])
            }
        }
        return false
    }

    private mutating func take(_ bytes: [UInt8], from end: Int32, isReport: Bool) {
        if isReport {
            reader.take(bytes, now: Monotonic.seconds())
        } else {
            tails[end] = Array(((tails[end] ?? []) + bytes).suffix(Self.longestTail))
        }
    }

    /// How the child ended, where it did not end as it should.
    private mutating func describe(_ status: Int32, errors: Int32) {
        let signal = status & 0x7f
        let code = status >> 8 & 0xff
        guard signal != 0 || !reader.isComplete || code != 0 else { return }
        var text: String
        if signal != 0 {
            text = "crashed with \(SystemText.signal(signal))"
        } else {
            text = "ended the process with exit code \(code)"
        }
        text += reader.isComplete ? " when the process ended, after everything was destroyed" : reader.place
        if let fault = reader.fault { text += ": \(fault)" }
        if let tail = tails[errors], signal != 0 {
            let line = Self.lastLine(tail)
            if !line.isEmpty { text += "; the last that it printed: \"\(line)\"" }
        }
        if signal == 0, !reader.isComplete { text += ": nothing but an answer may leave a call" }
        reader.problems.append(text)
    }

    private static func lastLine(_ bytes: [UInt8]) -> String {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        return String(decoding: lines.last ?? [], as: UTF8.self)
    }

    private static func spawn(_ check: Check, _ words: [String], report: Int32, output: Int32, errors: Int32) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Above all others first, so that none is written over before it is used.
        for (index, end) in [output, errors, report].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, end, Int32(100 + index))
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for index in 0..<3 { posix_spawn_file_actions_adddup2(&actions, Int32(100 + index), Int32(1 + index)) }
        ccf_spawn_close_from(&actions, Session.reportDescriptor + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, which is ended as a whole.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        let line = ["kafka-connect-conformance", "--run-check", check.name] + words
        var arguments: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        return posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &arguments, environ) == 0 ? child : -1
    }
}

/// The clock that never goes back.
enum Monotonic {
    static func seconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    static func sleep(_ seconds: Double) { usleep(useconds_t(max(0, min(seconds, 900)) * 1e6)) }
}

extension Double {
    /// Without digits that say nothing.
    var short: String { self == rounded() ? String(Int(self)) : String(self) }
}
