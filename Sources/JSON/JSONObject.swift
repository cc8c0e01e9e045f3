/// The members of an object in the order of the text. Names are compared byte by byte, not by Unicode equivalence.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One name and its value.
    public struct Member: Sendable, Equatable {
        /// The name.
        public let key: String
        /// The value.
        public var value: JSONValue

        /// A member.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }

        /// Equal names, byte by byte, and equal values.
        public static func == (left: Member, right: Member) -> Bool {
            UTF8Key(left.key) == UTF8Key(right.key) && left.value == right.value
        }
    }

    /// Members in order; every name once.
    public private(set) var members: [Member] = []
    /// Positions by name, kept once a linear search would cost more than a hash.
    private var index: [UTF8Key: Int]?

    private static let indexedFrom = 12

    /// An object without members.
    public init() {}

    /// A later one of two equal names wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }

    /// The number of members.
    public var count: Int { members.count }
    /// True without members.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a member. Setting replaces in place or appends; setting nil removes.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil):
                members.remove(at: position)
                index = nil
                indexIfLarge()
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// True where a member has this name.
    public func contains(_ key: String) -> Bool { position(of: key) != nil }

    /// Equal members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

    private mutating func append(_ key: String, _ value: JSONValue) {
        index?[UTF8Key(key)] = members.count
        members.append(Member(key: key, value: value))
        if index == nil { indexIfLarge() }
    }

    private mutating func indexIfLarge() {
        guard members.count >= Self.indexedFrom else { return }
        var positions: [UTF8Key: Int] = [:]
        for (position, member) in members.enumerated() { positions[UTF8Key(member.key)] = position }
        index = positions
    }

    private func position(of key: String) -> Int? {
        let key = UTF8Key(key)
        if let index { return index[key] }
        return members.firstIndex { UTF8Key($0.key) == key }
    }
}

/// A string that is equal to another only where the bytes are: Swift's own comparison takes composed and decomposed
/// spellings of a letter for the same.
struct UTF8Key: Hashable {
    private let text: String

    init(_ text: String) { self.text = text }

    static func == (left: UTF8Key, right: UTF8Key) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
