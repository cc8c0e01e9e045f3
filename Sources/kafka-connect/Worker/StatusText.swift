import ConnectConfig
import ConnectModel

/// The one line that STATUS shows.
enum StatusText {
    /// What the worker is doing.
    ///
    /// - Parameters:
    ///   - worker: `host:port` of this one, by which it knows its own connectors and tasks in a cluster.
    ///   - waitingFor: what of Kafka does not answer; nil when all is well.
    ///   - heldUp: how many calls of plugins wait for a thread.
    ///   - reload: what came of the last reload; nil before the first.
    static func line(
        _ snapshot: WorkerSnapshot, worker: String, waitingFor: String?, heldUp: Int = 0, reload: String? = nil
    ) -> String {
        if snapshot.isStopping { return "Stopping" }
        guard snapshot.isReady else {
            let stage = snapshot.stage?.description ?? "starting"
            return "Starting: \(waitingFor ?? stage)"
        }
        var parts = [counts(snapshot, worker)]
        if let waitingFor { parts.append("waiting for Kafka: \(waitingFor)") }
        if heldUp > 0 { parts.append("\(heldUp) tasks wait for a thread: calls of plugins block all") }
        if let reload { parts.append(reload) }
        return parts.joined(separator: "; ")
    }

    /// Why a worker's file is not good enough to start with.
    static func refused(_ problems: [Problem]) -> String {
        "The configuration was refused: \(firstError(of: problems))"
    }

    /// The first error of a file, and how many more there are.
    static func firstError(of problems: [Problem]) -> String {
        let errors = problems.filter { $0.severity == .error }
        guard let first = errors.first else { return "it has errors" }
        return first.description + (errors.count == 1 ? "" : ", and \(errors.count - 1) more")
    }

    /// `3 connectors (1 failed), 5 of 6 tasks running, 1 failed`. In a cluster this worker's own, and beside them all.
    private static func counts(_ snapshot: WorkerSnapshot, _ worker: String) -> String {
        let isInCluster = snapshot.cluster != nil
        var connectors = Tally()
        var tasks = Tally()
        var allTasks = 0
        for connector in snapshot.connectors {
            allTasks += connector.info.tasks.count
            guard isInCluster else {
                connectors.add(connector.status?.connector.state)
                let states = connector.status?.tasks.map(\.status.state) ?? []
                for state in states { tasks.add(state) }
                // Those that were never started have no status.
                for _ in 0..<max(0, connector.info.tasks.count - states.count) { tasks.add(nil) }
                continue
            }
            guard let status = connector.status else { continue }
            if status.connector.workerID == worker, status.connector.state != .unassigned {
                connectors.add(status.connector.state)
            }
            for task in status.tasks where task.status.workerID == worker && task.status.state != .unassigned {
                tasks.add(task.status.state)
            }
        }
        let own = text(connectors, tasks)
        guard isInCluster else { return own }
        return "\(own) on this worker; \(number(snapshot.connectors.count, "connector")), \(number(allTasks, "task")) "
            + "in the cluster"
    }

    private static func text(_ connectors: Tally, _ tasks: Tally) -> String {
        let others = connectors.text(of: [.failed, .paused, .stopped, .restarting])
        let all = number(connectors.count, "connector") + (others.isEmpty ? "" : " (\(others))")
        guard tasks.count > 0 else { return connectors.count == 0 ? all : "\(all), no tasks" }
        let rest = tasks.text(of: [.failed, .paused, .restarting, .unassigned])
        return "\(all), \(tasks[.running]) of \(number(tasks.count, "task")) running"
            + (rest.isEmpty ? "" : ", \(rest)")
    }

    private static func number(_ count: Int, _ noun: String) -> String {
        "\(count == 0 ? "no" : "\(count)") \(noun)\(count == 1 ? "" : "s")"
    }

    /// How many are in which state.
    private struct Tally {
        private(set) var count = 0
        private var states: [InstanceState: Int] = [:]

        mutating func add(_ state: InstanceState?) {
            count += 1
            if let state { states[state, default: 0] += 1 }
        }

        subscript(state: InstanceState) -> Int { states[state] ?? 0 }

        /// `1 failed, 2 paused`; empty where there is none of these.
        func text(of shown: [InstanceState]) -> String {
            shown.compactMap { state in states[state].map { "\($0) \(state.rawValue.lowercased())" } }
                .joined(separator: ", ")
        }
    }
}
