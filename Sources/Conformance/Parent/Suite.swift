import CommandLine
import Glibc
import JSON

/// Runs the checks that apply, one after the other, and prints what came of each.
struct Suite {
    private let options: Options
    private let words: [String]

    /// - Parameter words: the command line, which each child gets too.
    init(_ options: Options, words: [String]) {
        self.options = options
        self.words = words
    }

    /// - Returns: the process's exit code.
    func run() -> Int32 {
        var verdicts: [String: Verdict] = [:]
        var counts: [Verdict.Result: Int] = [:]
        var kind: Check.Scope?
        for check in Check.all where isWanted(check, kind) {
            let verdict: Verdict
            if let missing = check.needs.first(where: { (verdicts[$0]?.result ?? .ok) != .ok }) {
                verdict = Verdict(result: .skip, remarks: ["nothing can be said before \(missing) is mended"])
            } else {
                let outcome = CheckChild.run(check, words: words, options: options)
                kind = outcome.kind ?? kind
                if let reason = outcome.misuse ?? kind.flatMap(stranger) { return misused(reason) }
                verdict = outcome.verdict
            }
            verdicts[check.name] = verdict
            counts[verdict.result, default: 0] += 1
            show(check, verdict)
        }
        finish(counts)
        if counts[.fail, default: 0] > 0 { return 1 }
        // Whoever names a check is not to take silence for a yes.
        if let name = options.only.first(where: { verdicts[$0]?.result != .ok }) {
            let reason = verdicts[name].map { ": " + $0.remarks.joined(separator: "; ") } ?? ""
            return misused("The check '\(name)' did not run\(reason).")
        }
        return 0
    }

    private func misused(_ reason: String) -> Int32 {
        Output.write(Options.misused(TerminalText.line(reason)).message, to: STDERR_FILENO)
        return 2
    }

    /// Why a check that was named cannot run with a class of this kind.
    private func stranger(_ kind: Check.Scope) -> String? {
        let other: Check.Scope = kind == .source ? .sink : .source
        guard let name = Check.all.first(where: { $0.scope == other && options.only.contains($0.name) })?.name else {
            return nil
        }
        return "The check '\(name)' is for \(other)s, and the class is a \(kind)."
    }

    private func isWanted(_ check: Check, _ kind: Check.Scope?) -> Bool {
        // The kind of the class is found out by a check.
        guard options.only.isEmpty || options.only.contains(check.name) || check.name == ConnectorChecks.classCheck
        else {
            return false
        }
        switch check.scope {
        case .library: return true
        case .connector: return options.className != nil
        case .source, .sink: return kind == check.scope
        }
    }

    private func show(_ check: Check, _ verdict: Verdict) {
        if options.isJSON {
            let remarks = JSONValue.array(verdict.remarks.map(JSONValue.string))
            print([
                "check": .string(check.name), "result": .string(verdict.result.rawValue.lowercased()),
                "what": .string(check.title), "remarks": remarks,
            ])
            return
        }
        let mark = verdict.result.rawValue.padded(to: 4)
        // Remarks hold texts of the library, which are not to forge a line.
        let remarks = verdict.remarks.isEmpty ? "" : " (" + verdict.remarks.joined(separator: "; ") + ")"
        Output.write(
            TerminalText.line("\(mark)  \(check.name.padded(to: 20))  \(check.title)\(remarks)") + "\n",
            to: STDOUT_FILENO)
    }

    private func finish(_ counts: [Verdict.Result: Int]) {
        let (good, bad, skipped) = (counts[.ok] ?? 0, counts[.fail] ?? 0, counts[.skip] ?? 0)
        if options.isJSON {
            print(["ok": .int(good), "fail": .int(bad), "skip": .int(skipped)])
            return
        }
        var text = "\(good) ok, \(bad) failed, \(skipped) skipped"
        if options.className == nil { text += "; --class NAME or --config FILE runs instances too" }
        Output.write(text + "\n", to: STDOUT_FILENO)
    }

    private func print(_ object: JSONObject) {
        Output.write(JSONValue.object(object).serializedString() + "\n", to: STDOUT_FILENO)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
