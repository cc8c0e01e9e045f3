import ConnectConfig
import ConnectKafka
import ConnectModel
import HTTPServer
import RESTAPI
import RecordPipeline

/// A worker's file with every check that the parts of this program know: what `validate` finds good, a worker starts with.
enum WorkerFile {
    /// - Parameter isToRun: false for `validate`, which has not the credentials of the service.
    static func load(_ file: String, mode: WorkerConfig.Mode, isToRun: Bool = true) -> WorkerConfig.Loaded {
        WorkerConfig.load(file: file, mode: mode, checks: problems, isToRun: isToRun)
    }

    private static func problems(
        _ values: [String: String], _ mode: WorkerConfig.Mode
    ) -> [(key: String, message: String)] {
        let isDistributed = mode == .distributed
        return WorkerClientChecks.problems(worker: values, isDistributed: isDistributed)
            + ConverterKind.allCases.compactMap { converterProblem($0, values) }
            + missingFeatures(values, isDistributed: isDistributed)
    }

    /// The converter is made as a task makes it.
    private static func converterProblem(
        _ kind: ConverterKind, _ values: [String: String]
    ) -> (key: String, message: String)? {
        // One that is missing is told by the table.
        guard let name = values[kind.key] else { return nil }
        let prefix = kind.key + "."
        let own = values.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
        let options = ConfigMap(own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
        do throws(ConnectError) {
            if kind == .header {
                _ = try ConverterFactory.makeHeaderConverter(name, options: options)
            } else {
                _ = try ConverterFactory.makeConverter(name, options: options)
            }
            return nil
        } catch {
            let option = options.entries.map(\.key).first { error.message.contains($0) }
            return (option.map { prefix + $0 } ?? kind.key, error.message)
        }
    }

    /// What would else be without effect, or never come up.
    private static func missingFeatures(
        _ values: [String: String], isDistributed: Bool
    ) -> [(key: String, message: String)] {
        var problems: [(key: String, message: String)] = []
        let urls = (values["listeners"] ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        if urls.contains(where: { $0.lowercased().hasPrefix("https:") }) {
            problems.append(("listeners", "listeners: https is not part of this version; use http:// or unix://"))
        }
        if values["admin.listeners"] != nil {
            problems.append(
                ("admin.listeners", "admin.listeners is not part of this version; leave the key out"))
        }
        let exactlyOnce = "exactly.once.source.support"
        if isDistributed, let support = values[exactlyOnce], support.lowercased() != "disabled" {
            problems.append((exactlyOnce, "\(exactlyOnce): \(support) is not part of this version; use disabled"))
        }
        return problems
    }
}
