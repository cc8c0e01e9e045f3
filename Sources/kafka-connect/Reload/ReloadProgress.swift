import Synchronization

/// What a reload that is under way waits for: who loses patience with it says so. Any thread.
final class ReloadProgress: Sendable {
    private struct State {
        var step = "the worker's file"
        var connectors: [String] = []
    }

    /// Names that a text shows at most.
    private static let mostNames = 20

    private let state = Mutex(State())

    /// What is read now.
    func read(_ step: String) { state.withLock { $0.step = step } }

    /// A connector is stopped, started or changed.
    func begin(_ connector: String) { state.withLock { $0.connectors.append(connector) } }

    /// That is through, whatever came of it.
    func end(_ connector: String) {
        state.withLock { state in
            if let index = state.connectors.firstIndex(of: connector) { state.connectors.remove(at: index) }
        }
    }

    /// The connectors that are busy, each once, in order.
    var busy: [String] { Set(state.withLock { $0.connectors }).sorted() }

    /// `the connectors a, b`, or what is being read.
    var text: String {
        let names = busy
        guard !names.isEmpty else { return state.withLock { $0.step } }
        let rest = names.count > Self.mostNames ? ", and \(names.count - Self.mostNames) more" : ""
        return
            "the connector\(names.count == 1 ? "" : "s") \(names.prefix(Self.mostNames).joined(separator: ", "))\(rest)"
    }
}
