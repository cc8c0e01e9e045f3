internal import KafkaProtocol

/// A topic: its name and id, where its partitions are, and what was set for it.
struct TopicEntry {
    let name: String
    let id: KafkaUUID
    /// Places of its partitions in the broker's tables.
    let slots: [Int]
    /// Settings that somebody gave, in the order of their coming.
    var settings: [(name: String, value: String)]

    func setting(_ name: String) -> String? { settings.first { $0.name == name }?.value }

    /// The slot of a partition, nil where the topic has no such partition.
    func slot(_ partition: Int32) -> Int? {
        let at = Int(partition)
        return slots.indices.contains(at) ? slots[at] : nil
    }

    var isCompacted: Bool { setting("cleanup.policy")?.contains("compact") ?? false }
    var maximumBatch: Int { setting("max.message.bytes").flatMap { Int($0) } ?? 1_048_588 }
}

/// The topics in the order of their creation, found by name or id.
struct TopicTable {
    private(set) var entries: [TopicEntry] = []
    private var places: [String: Int] = [:]
    private var idPlaces: [KafkaUUID: Int] = [:]
    /// Of each slot the topic and partition that it belongs to; nil where it is free.
    private(set) var owners: [(topic: KafkaUUID, partition: Int32)?] = []
    private var freeSlots: [Int] = []
    private let incarnation: UInt64
    private var lastID: UInt64 = 0

    init(incarnation: UInt64) { self.incarnation = incarnation }

    /// Partitions of all topics.
    var partitionCount: Int { owners.count - freeSlots.count }

    subscript(name: String) -> TopicEntry? { places[name].map { entries[$0] } }
    subscript(id: KafkaUUID) -> TopicEntry? { idPlaces[id].map { entries[$0] } }

    /// By name, or by id where the request has one.
    func find(_ name: String, _ id: KafkaUUID) -> TopicEntry? { id == .zero ? self[name] : self[id] }

    /// The topic that a slot belongs to, with the partition's number.
    func owner(of slot: Int) -> (topic: TopicEntry, partition: Int32)? {
        guard owners.indices.contains(slot), let owner = owners[slot], let topic = self[owner.topic] else { return nil }
        return (topic, owner.partition)
    }

    /// Adds a topic that was not there.
    mutating func add(_ name: String, partitions: Int, settings: [(name: String, value: String)]) -> TopicEntry {
        lastID += 1
        let id = KafkaUUID(high: incarnation, low: lastID)
        var slots: [Int] = []
        for partition in 0..<partitions {
            if let free = freeSlots.popLast() {
                owners[free] = (id, Int32(partition))
                slots.append(free)
            } else {
                owners.append((id, Int32(partition)))
                slots.append(owners.count - 1)
            }
        }
        let entry = TopicEntry(name: name, id: id, slots: slots, settings: settings)
        places[name] = entries.count
        idPlaces[id] = entries.count
        entries.append(entry)
        return entry
    }

    mutating func remove(_ name: String) {
        guard let at = places[name] else { return }
        for slot in entries[at].slots {
            owners[slot] = nil
            freeSlots.append(slot)
        }
        entries.remove(at: at)
        places = [:]
        idPlaces = [:]
        for (at, entry) in entries.enumerated() {
            places[entry.name] = at
            idPlaces[entry.id] = at
        }
    }

    mutating func set(_ settings: [(name: String, value: String)], of name: String) {
        if let at = places[name] { entries[at].settings = settings }
    }

    /// Whether Kafka would take the name.
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 249 && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
