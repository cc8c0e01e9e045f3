/// Reads the lines that the process of a check reports, in the form that ``Session`` gives them.
struct ReportReader {
    var problems: [String] = []
    /// Where a fault happened in memory that was lent.
    private(set) var fault: String?
    private(set) var kind: Check.Scope?
    private(set) var misuse: String?
    /// Whether the check came to its end.
    private(set) var isComplete = false

    private var notes: [String] = []
    private var skip: String?
    private var pending: [UInt8] = []
    /// Calls under way, by number: what they are, and since when.
    private var calls: [(number: Int, name: String, since: Double)] = []
    private var lastCall: String?

    /// What came of the check.
    var verdict: Verdict {
        if !problems.isEmpty { return Verdict(result: .fail, remarks: problems) }
        if let skip { return Verdict(result: .skip, remarks: [skip]) }
        return Verdict(result: .ok, remarks: notes)
    }

    /// Where the check was when it ended too early, to follow what happened.
    var place: String {
        if !calls.isEmpty { return " in " + calls.map(\.name).joined(separator: " and ") }
        return lastCall.map { " after \($0) had returned" } ?? " before any call"
    }

    /// A call that has not returned in time. It is interrupted at half the time, and a little is left to it after the end.
    func lateCall(now: Double, limit: Double) -> String? { calls.first { now - $0.since > limit + 0.5 }?.name }

    mutating func take(_ bytes: [UInt8], now: Double) {
        pending += bytes
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: pending[..<end], as: UTF8.self)
            pending.removeSubrange(...end)
            take(line: line, now: now)
        }
    }

    private mutating func take(line: String, now: Double) {
        let rest = String(line.dropFirst(2))
        switch line.first {
        case ">":
            let parts = rest.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]) else { return }
            calls.append((number, String(parts[1]), now))
        case "<":
            guard let index = calls.firstIndex(where: { $0.number == Int(rest) }) else { return }
            lastCall = calls.remove(at: index).name
        case "-": if !problems.contains(rest) { problems.append(rest) }
        case "+": notes.append(rest)
        case "~": skip = rest
        case "!": fault = rest
        case "?": misuse = rest
        case "@": kind = rest == "source" ? .source : .sink
        case "=": isComplete = true
        default: break
        }
    }
}
