import Glibc

/// The worker's program as this build made it.
public enum WorkerProgram {
    /// Beside the test bundle; found from the arguments that the test runner got, else in the usual folder.
    public static let path: String = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") }
        let folder = bundle.flatMap { argument -> String? in
            let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
            guard let index = parts.firstIndex(where: { $0.hasSuffix(".xctest") }) else { return nil }
            return parts[..<index].joined(separator: "/")
        }
        return "\(folder ?? CompiledPlugin.repository + "/.build/debug")/kafka-connect"
    }()
}
