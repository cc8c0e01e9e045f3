/// All decisions about metadata: which topics to ask for, when, and what of an answer to believe.
///
/// Pure: told what happened and when, it leaves what must be done in `actions`. `kafka-client.md` §5.
package struct MetadataMachine {
    /// The settings that decide anything here; times in nanoseconds.
    package struct Configuration: Sendable {
        package var maxAge: UInt64 = 300_000_000_000
        package var retryBackoff = Backoff(initial: 100_000_000, maximum: 1_000_000_000)
        package var rebootstraps = true
        package var rebootstrapTrigger: UInt64 = 300_000_000_000

        package init() {}
    }

    package enum Action: Sendable, Equatable {
        /// Ask the least loaded node, nil for all topics.
        case request(topics: [String]?, allowsCreation: Bool)
        case publish
        /// Forget the learned nodes' addresses and start from the bootstrap servers; with `closesConnections`, on new
        /// connections.
        case rebootstrap(closesConnections: Bool)
    }

    /// What a request asks for.
    private enum Question {
        /// The topics that somebody needs.
        case interests
        /// Those of them that are missing and may be created, and no others.
        case creation
        case allTopics
    }

    struct Interest {
        let name: String
        var count: Int
        /// How many of those would have the topic created.
        var creators: Int
    }

    package let configuration: Configuration
    package private(set) var snapshot = MetadataSnapshot()
    package private(set) var actions: [Action] = []
    /// Ascending by name.
    private(set) var interests: [Interest] = []
    private var allTopicsCount = 0
    private var isDue = true
    /// What the request under way asks for; nil without one.
    private var asked: Question?
    /// The last answer was about topics to be created alone: before these are asked for again, all others have their turn.
    private var isRestOwed = false
    private var failures = 0
    private var nextAttempt: UInt64 = 0
    private var lastSuccess: UInt64?
    /// When the current round was first tried, nil while no answer is owed.
    private var roundStart: UInt64?
    /// When each known topic was last confirmed, beside `snapshot.topics`.
    private var confirmed: [(name: String, at: UInt64)] = []
    /// Ids of topics that were made anew since: a broker that is behind may still tell them for a while. The newest last.
    private var retiredIDs: [(id: MetadataSnapshot.TopicID, until: UInt64)] = []
    private static let mostRetiredIDs = 256
    /// How long a former id is not believed. Which of two ids is the former one is known only by which was heard first, so that
    /// one that is still told then is believed after all.
    private static let retirement: UInt64 = 30_000_000_000
    private var random: SeededRandom

    package init(configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        random = SeededRandom(seed: seed)
    }

    /// Hands the actions over and forgets them.
    package mutating func takeActions() -> [Action] {
        var taken: [Action] = []
        swap(&taken, &actions)
        return taken
    }

    // MARK: - What happened

    /// Somebody needs these topics from now on.
    package mutating func interestAdded(_ names: [String], allowsCreation: Bool, now: UInt64) {
        for name in names {
            let place = interests.firstIndex { !$0.name.utf8.lexicographicallyPrecedes(name.utf8) } ?? interests.count
            if place < interests.count, interests[place].name.hasBytes(of: name) {
                interests[place].count += 1
                interests[place].creators += allowsCreation ? 1 : 0
            } else {
                interests.insert(Interest(name: name, count: 1, creators: allowsCreation ? 1 : 0), at: place)
            }
            if snapshot.topic(name) == nil {
                isDue = true
                // The pause between rounds is for hints; a new topic is asked for at once.
                if failures == 0 { nextAttempt = min(nextAttempt, now) }
            }
        }
        advance(now: now)
    }

    /// One of those who needed these topics does so no more.
    package mutating func interestRemoved(_ names: [String], allowsCreation: Bool) {
        for name in names {
            guard let place = interests.firstIndex(where: { $0.name.hasBytes(of: name) }) else { continue }
            interests[place].count -= 1
            interests[place].creators -= allowsCreation ? 1 : 0
            if interests[place].count <= 0 { interests.remove(at: place) }
        }
    }

    /// Somebody needs all topics, or does so no more.
    package mutating func allTopicsWanted(_ isWanted: Bool, now: UInt64) {
        allTopicsCount = max(allTopicsCount + (isWanted ? 1 : -1), 0)
        if isWanted { isDue = true }
        advance(now: now)
    }

    /// Something hints that the metadata is out of date.
    package mutating func refreshWanted(now: UInt64) {
        isDue = true
        advance(now: now)
    }

    /// Metadata was asked for and no answer came.
    package mutating func requestFailed(now: UInt64) {
        asked = nil
        isDue = true
        backOff(now: now)
        rebootstrapIfOverdue(now: now)
    }

    /// A request is due and no learned node is connected or may be tried.
    package mutating func noNodeAvailable(now: UInt64) {
        asked = nil
        isDue = true
        backOff(now: now)
        if configuration.rebootstraps, !snapshot.brokers.isEmpty {
            roundStart = now
            actions.append(.rebootstrap(closesConnections: false))
        }
    }

    /// An answer came. Brokers without entries count as a failed attempt, and so does `errorCode` 129.
    package mutating func answered(_ answer: MetadataSnapshot, errorCode: Int16, now: UInt64) {
        guard let question = asked else { return }
        asked = nil
        if errorCode == 129, configuration.rebootstraps {
            isDue = true
            roundStart = now
            backOff(now: now)
            actions.append(.rebootstrap(closesConnections: true))
            return
        }
        guard errorCode == 0, !answer.brokers.isEmpty else {
            isDue = true
            backOff(now: now)
            return
        }
        roundStart = nil
        let merged = merge(answer, isOfAllTopics: question == .allTopics, now: now)
        let isIncomplete = isMissingAnything(merged)
        if isIncomplete, !brings(merged) { backOff(now: now) } else { settle(now: now) }
        switch question {
        case .creation: isRestOwed = allTopicsCount > 0 || interests.count > answer.topics.count
        case .interests: isRestOwed = allTopicsCount > 0  // since the question
        case .allTopics: isRestOwed = false
        }
        isDue = isIncomplete || isRestOwed
        if isRestOwed { nextAttempt = now }
        // One for topics that may be created tells all where nothing else is wanted.
        if question != .creation || !isRestOwed { lastSuccess = now }
        snapshot = merged
        actions.append(.publish)
        advance(now: now)
    }

    /// An answer of another API named a newer leader (KIP-951). Whether it was news.
    package mutating func leaderHinted(
        topic: String, partition: Int32, leader: Int32, epoch: Int32, endpoints: [MetadataSnapshot.Broker]
    ) -> Bool {
        guard let known = snapshot.topic(topic), let old = known.partition(partition), epoch > old.leaderEpoch,
            leader >= 0
        else { return false }
        var brokers = snapshot.brokers
        for endpoint in endpoints {
            brokers.removeAll { $0.id == endpoint.id }
            brokers.append(endpoint)
        }
        guard brokers.contains(where: { $0.id == leader }) else { return false }
        var partitions = known.partitions.filter { $0.index != partition }
        partitions.append(
            MetadataSnapshot.Partition(
                index: partition, leader: leader, leaderEpoch: epoch, replicas: old.replicas,
                inSyncReplicas: old.inSyncReplicas))
        var topics = snapshot.topics.filter { !$0.name.hasBytes(of: topic) }
        topics.append(
            MetadataSnapshot.Topic(
                name: topic, id: known.id, isInternal: known.isInternal, errorCode: known.errorCode,
                partitions: partitions, isMissing: known.isMissing))
        snapshot = MetadataSnapshot(
            version: snapshot.version + 1, clusterID: snapshot.clusterID, controllerID: snapshot.controllerID,
            brokers: brokers, topics: topics)
        actions.append(.publish)
        return true
    }

    /// Another API named a broker that metadata does not know yet.
    package mutating func brokerLearned(_ broker: MetadataSnapshot.Broker) {
        guard snapshot.broker(broker.id) == nil else { return }
        snapshot = MetadataSnapshot(
            version: snapshot.version + 1, clusterID: snapshot.clusterID, controllerID: snapshot.controllerID,
            brokers: snapshot.brokers + [broker], topics: snapshot.topics)
        actions.append(.publish)
    }

    /// Time has come to `nextDeadline`.
    package mutating func timePassed(now: UInt64) {
        rebootstrapIfOverdue(now: now)
        advance(now: now)
    }

    /// When `timePassed` must be called at the latest; nil while an answer is awaited.
    package func nextDeadline() -> UInt64? {
        if asked != nil { return nil }
        if isDue { return nextAttempt }
        guard let lastSuccess else { return nil }
        let expiry = adding(configuration.maxAge, to: lastSuccess)
        return expiry == .max ? nil : max(expiry, nextAttempt)
    }

    // MARK: - Steps

    private mutating func advance(now: UInt64) {
        if let lastSuccess, adding(configuration.maxAge, to: lastSuccess) <= now { isDue = true }
        guard isDue, asked == nil, nextAttempt <= now else { return }
        isDue = false
        roundStart = roundStart ?? now
        let missing = isRestOwed ? [] : interests.filter { $0.creators > 0 && isMissing($0.name, in: snapshot) }
        if !missing.isEmpty {
            // Alone: the flag is the request's, and would create the topics of others too.
            asked = .creation
            actions.append(.request(topics: missing.map(\.name), allowsCreation: true))
        } else if allTopicsCount > 0 {
            asked = .allTopics
            actions.append(.request(topics: nil, allowsCreation: false))
        } else {
            asked = .interests
            actions.append(.request(topics: interests.map(\.name), allowsCreation: false))
        }
    }

    private mutating func backOff(now: UInt64) {
        let wait = configuration.retryBackoff.wait(failures: failures, random: random.next())
        failures += 1
        nextAttempt = adding(wait, to: now)
    }

    private mutating func settle(now: UInt64) {
        failures = 0
        // Not more often than the first back-off, whatever hints keep coming.
        nextAttempt = adding(configuration.retryBackoff.initial, to: now)
    }

    private mutating func rebootstrapIfOverdue(now: UInt64) {
        guard configuration.rebootstraps, let start = roundStart, !snapshot.brokers.isEmpty,
            adding(configuration.rebootstrapTrigger, to: start) <= now
        else { return }
        roundStart = now
        actions.append(.rebootstrap(closesConnections: true))
    }

    private func isMissing(_ name: String, in snapshot: MetadataSnapshot) -> Bool {
        guard TopicName.canExist(name) else { return false }
        guard let topic = snapshot.topic(name) else { return true }
        // One that is kept over the error may have been deleted, and only a request that may create it brings it back.
        if topic.isMissing { return true }
        return topic.partitions.isEmpty && topic.errorCode != 17 && topic.errorCode != 29
    }

    /// Whether a topic that is wanted has no partitions or one without a leader.
    private func isMissingAnything(_ snapshot: MetadataSnapshot) -> Bool {
        for interest in interests {
            if isMissing(interest.name, in: snapshot) { return true }
            if let topic = snapshot.topic(interest.name), topic.partitions.contains(where: { $0.leader < 0 }) {
                return true
            }
        }
        return false
    }

    /// Whether an answer told anything new.
    private func brings(_ merged: MetadataSnapshot) -> Bool {
        merged.brokers != snapshot.brokers || merged.topics != snapshot.topics
    }

    // MARK: - Merging

    /// What we know after an answer: brokers are replaced, topics merged one by one, topics nobody needs are dropped.
    private mutating func merge(_ answer: MetadataSnapshot, isOfAllTopics: Bool, now: UInt64) -> MetadataSnapshot {
        var topics: [MetadataSnapshot.Topic] = []
        var confirmations: [(name: String, at: UInt64)] = []
        for topic in answer.topics {
            let old = snapshot.topic(topic.name)
            if topic.errorCode == 0, let old, retiredIDs.contains(where: { $0.id == topic.id && now < $0.until }) {
                // This broker has not heard of the new topic yet.
                topics.append(old)
                confirmations.append((topic.name, confirmed(topic.name) ?? now))
            } else if topic.errorCode == 0 {
                retire(old, by: topic, now: now)
                topics.append(merged(topic, old: old))
                confirmations.append((topic.name, now))
            } else if let old, !old.partitions.isEmpty, topic.errorCode == 3 || topic.errorCode == 5 {
                // A brief error of a starting or overloaded broker must not make a topic vanish.
                let last = confirmed(topic.name) ?? now
                if adding(configuration.maxAge, to: last) > now {
                    topics.append(old.told(isMissing: topic.errorCode == 3))
                    confirmations.append((topic.name, last))
                } else {
                    topics.append(topic)
                }
            } else {
                topics.append(topic)
            }
        }
        for old in snapshot.topics where answer.topic(old.name) == nil {
            let isWanted = interests.contains { $0.name.hasBytes(of: old.name) }
            guard isWanted || allTopicsCount > 0 && !isOfAllTopics else { continue }
            guard old.errorCode == 0 else {
                topics.append(old)
                continue
            }
            let last = confirmed(old.name) ?? now
            if isOfAllTopics, adding(configuration.maxAge, to: last) <= now {
                // It is not there: an answer that names it would say so with this error.
                topics.append(MetadataSnapshot.Topic(name: old.name, errorCode: 3, partitions: []))
            } else {
                topics.append(isOfAllTopics ? old.told(isMissing: true) : old)
                confirmations.append((old.name, last))
            }
        }
        confirmed = confirmations
        return MetadataSnapshot(
            version: snapshot.version + 1, clusterID: answer.clusterID ?? snapshot.clusterID,
            controllerID: answer.controllerID, brokers: answer.brokers, topics: topics)
    }

    private func confirmed(_ name: String) -> UInt64? { confirmed.first { $0.name.hasBytes(of: name) }?.at }

    private mutating func retire(_ old: MetadataSnapshot.Topic?, by new: MetadataSnapshot.Topic, now: UInt64) {
        guard let old, old.id != .none, new.id != .none, old.id != new.id else { return }
        retiredIDs.removeAll { $0.id == new.id || $0.id == old.id }
        retiredIDs.append((old.id, adding(Self.retirement, to: now)))
        if retiredIDs.count > Self.mostRetiredIDs { retiredIDs.removeFirst() }
    }

    /// A partition's entry is taken unless its leader epoch is older than the known one of the same topic id.
    private func merged(_ topic: MetadataSnapshot.Topic, old: MetadataSnapshot.Topic?) -> MetadataSnapshot.Topic {
        guard let old, old.id == topic.id || old.id == .none || topic.id == .none, !old.partitions.isEmpty else {
            return topic
        }
        let partitions = topic.partitions.map { new -> MetadataSnapshot.Partition in
            guard let known = old.partition(new.index), new.leaderEpoch >= 0, new.leaderEpoch < known.leaderEpoch
            else { return new }
            return known
        }
        return MetadataSnapshot.Topic(
            name: topic.name, id: topic.id, isInternal: topic.isInternal, errorCode: 0, partitions: partitions)
    }
}
