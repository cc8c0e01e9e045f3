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
                if let reason = outcome.misuse {
                    Output.write(Options.misused(reason).message, to: STDERR_FILENO)
                    return 2
                }
                kind = outcome.kind ?? kind
                verdict = outcome.verdict
            }
            verdicts[check.name] = verdict
            counts[verdict.result, default: 0] += 1
            show(check, verdict)
        }
        finish(counts)
        return counts[.fail, default: 0] == 0 ? 0 : 1
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
