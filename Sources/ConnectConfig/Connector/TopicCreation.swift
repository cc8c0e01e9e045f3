package import Settings

/// How a source connector's topics are created: the groups of `topic.creation.*`.
package struct TopicCreation: Sendable {
    /// One group.
    package struct Group: Sendable {
        package let name: String
        /// −1 for the broker's default.
        package let replicationFactor: Int
        /// −1 for the broker's default.
        package let partitions: Int
        /// Topic settings, passed on as they are.
        package let settings: [String: String]
        private let include: [Pattern]
        private let exclude: [Pattern]

        init(
            name: String, replicationFactor: Int, partitions: Int, settings: [String: String], include: [Pattern],
            exclude: [Pattern]
        ) {
            self.name = name
            self.replicationFactor = replicationFactor
            self.partitions = partitions
            self.settings = settings
            self.include = include
            self.exclude = exclude
        }

        func takes(_ topic: String) throws(PatternError) -> Bool {
            for pattern in exclude where try pattern.matchesWhole(topic) { return false }
            for pattern in include where try pattern.matchesWhole(topic) { return true }
            return false
        }
    }

    /// In the order of `topic.creation.groups`; `default` last.
    package let groups: [Group]

    /// True where a configuration asks for topics to be created at all; the worker's master switch is another matter.
    package static func isWanted(by config: [String: String]) -> Bool {
        config.keys.contains { $0.hasPrefix("topic.creation.") }
    }

    /// Reads the groups of a connector's configuration. Fails as Apache's connector does at its start: preflight
    /// validation does not look at these keys.
    package init(_ config: [String: String]) throws(SettingsError) {
        let listed = SettingsTable(ConnectorKeys.source.filter { $0.name == "topic.creation.groups" })
        var names: [String] = []
        for name in try listed.parse(config).list("topic.creation.groups") ?? [] where name != "default" {
            names.append(name)
        }
        let standard = try Self.read("default", config, standard: nil)
        var groups: [Group] = []
        for name in names { groups.append(try Self.read(name, config, standard: standard)) }
        self.groups = groups + [standard]
    }

    /// The group of a topic: the first that takes it, else `default`.
    package func group(for topic: String) throws(PatternError) -> Group {
        for group in groups.dropLast() where try group.takes(topic) { return group }
        return groups[groups.count - 1]
    }

    private static func read(
        _ name: String, _ config: [String: String], standard: Group?
    ) throws(SettingsError) -> Group {
        let prefix = "topic.creation.\(name)."
        var own: [String: String] = [:]
        for (key, value) in config where key.hasPrefix(prefix) { own[String(key.dropFirst(prefix.count))] = value }
        if standard == nil {
            // The default group takes every topic that is left, whatever its keys say.
            own["include"] = nil
            own["exclude"] = nil
        }
        let parsed = try table(standard).parse(own)
        let fixed: Set<String> = ["include", "exclude", "replication.factor", "partitions"]
        return Group(
            name: name, replicationFactor: parsed.int("replication.factor") ?? -1,
            partitions: parsed.int("partitions") ?? -1, settings: own.filter { !fixed.contains($0.key) },
            include: patterns(parsed.list("include")), exclude: patterns(parsed.list("exclude")))
    }

    /// The keys of a group: the default group must say how many, others inherit that and take no topic by themselves.
    private static func table(_ standard: Group?) -> SettingsTable {
        SettingsTable(
            ConnectorKeys.topicCreation.map { key in
                guard let standard else { return key }
                var key = key
                switch key.name {
                case "include": key.defaultValue = .text("")
                case "replication.factor": key.defaultValue = .text(String(standard.replicationFactor))
                case "partitions": key.defaultValue = .text(String(standard.partitions))
                default: break
                }
                return key
            })
    }

    /// The validator has compiled them already.
    private static func patterns(_ expressions: [String]?) -> [Pattern] {
        (expressions ?? []).compactMap { try? Pattern($0) }
    }
}
