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
    /// What is in the pipes when the process has ended is read at once; who holds them open for longer is left over.
    private static let drainLimit = 0.25
    private static let longestTail = 400

    /// How following a child came to its end.
    private enum Course {
        /// It has ended with this status, and was waited for.
        case ended(Int32)
        /// Its report is at its end.
        case closed
        case late
    }

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
        var open = [report[0], output[0], errors[0]]
        if let status = end(pid, follow(pid, &open, options)) {
            let isLeftOver = drain(&open, report[0])
            describe(status, errors: errors[0])
            if isLeftOver, reader.isComplete, status == 0, reader.problems.isEmpty {
                reader.problems.append(
                    "a process that the library has started lives on after everything was destroyed: end it in stop or destroy"
                )
            }
        }
        // What the library started goes too.
        kill(-pid, SIGKILL)
        if check.name == LoadChecks.quietCheck, tails[output[0]] != nil || tails[errors[0]] != nil {
            let text = (tails[output[0]] ?? []) + (tails[errors[0]] ?? [])
            reader.problems.append(
                "loading it prints \"\(Self.lastLine(text))\": a library that is looked into is silent; log with host->log"
            )
        }
        return Outcome(verdict: reader.verdict, kind: reader.kind, misuse: reader.misuse)
    }

    /// Sees to it that a process is at its end.
    ///
    /// - Returns: how it ended; nil where it had to be made to.
    private mutating func end(_ pid: pid_t, _ course: Course) -> Int32? {
        var status: Int32 = 0
        switch course {
        case .ended(let status): return status
        case .closed:
            if Self.hasEnded(pid, &status) { return status }
            reader.problems.append("closed descriptors that are not its own, and the process did not end")
        case .late: break
        }
        kill(-pid, SIGKILL)
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return nil
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
    /// - Parameter open: the ends of the pipes that are open, the report's first.
    private mutating func follow(_ pid: pid_t, _ open: inout [Int32], _ options: Options) -> Course {
        let started = Monotonic.seconds()
        let report = open[0]
        var completed: Double?
        // The report ends with the child's last thread; what it started may keep the pipes open.
        while open.contains(report) {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid { return .ended(status) }
            let now = Monotonic.seconds()
            if let call = reader.lateCall(now: now, limit: options.callLimit) {
                reader.problems.append(
                    "\(call) did not return within \(options.callLimit.short) s: a worker gives the instance up with its thread"
                )
                return .late
            }
            if reader.isComplete, completed == nil { completed = now }
            if let completed, now - completed > Self.endLimit {
                reader.problems.append(
                    "the process did not end after everything was destroyed: a destructor of the library holds it up")
                return .late
            }
            if now - started > Self.checkLimit + 4 * options.seconds {
                reader.problems.append("took more than \(Self.checkLimit.short) s\(reader.place)")
                return .late
            }
            read(&open, report, milliseconds: 50)
        }
        return .closed
    }

    /// Reads what a process that has ended left in its pipes.
    ///
    /// - Returns: whether somebody else holds them open.
    private mutating func drain(_ open: inout [Int32], _ report: Int32) -> Bool {
        let end = Monotonic.seconds() + Self.drainLimit
        while !open.isEmpty, Monotonic.seconds() < end { read(&open, report, milliseconds: 50) }
        return !open.isEmpty
    }

    /// Reads what comes soon, and takes ends that are closed out of `open`.
    private mutating func read(_ open: inout [Int32], _ report: Int32, milliseconds: Int32) {
        var polls = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polls, nfds_t(polls.count), milliseconds) > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        for entry in polls where entry.revents != 0 {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(entry.fd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                open.removeAll { $0 == entry.fd }
                continue
            }
            take(Array(buffer[..<count]), from: entry.fd, isReport: entry.fd == report)
        }
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
