import ConnectModel

/// What the config log wants to run: the connectors, each with its number of tasks.
package struct AssignableWork: Sendable, Equatable {
    /// A connector that is configured.
    package struct Connector: Sendable, Equatable {
        package let name: String
        /// 0 where the task configurations in the log are incomplete: none of them may be started.
        package let taskCount: Int32

        /// A connector with `taskCount` tasks.
        package init(name: String, taskCount: Int32) {
            self.name = name
            self.taskCount = max(0, taskCount)
        }
    }

    /// The offset of the snapshot that this was taken from; -1 for an empty log.
    package let configOffset: Int64
    /// By name, each once.
    package let connectors: [Connector]

    /// Work in any order; of several connectors of one name the first counts.
    package init(configOffset: Int64, connectors: [Connector]) {
        self.configOffset = configOffset
        var sorted: [Connector] = []
        sorted.reserveCapacity(connectors.count)
        // The position decides among equal names, because sorting is not stable by promise.
        for (_, connector) in connectors.enumerated().sorted(by: {
            (ExactText($0.element.name), $0.offset) < (ExactText($1.element.name), $1.offset)
        }) where sorted.last?.name.isExactly(connector.name) != true {
            sorted.append(connector)
        }
        self.connectors = sorted
    }

    /// All connectors and tasks, sorted.
    package var all: WorkSet {
        var all = WorkSet()
        for connector in connectors {
            all.insert(connector: connector.name)
            for number in 0..<connector.taskCount { all.insert(TaskID(connector: connector.name, number: number)) }
        }
        return all
    }
}
