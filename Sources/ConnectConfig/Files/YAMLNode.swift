/// A node of a YAML document, aliases already resolved.
struct YAMLNode {
    indirect enum Content {
        /// `isPlain` where it stands without quotes.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    let content: Content
    let position: SourcePosition
    /// How many levels of collections it holds, itself included; 0 for a scalar.
    let height: Int

    /// The text of a scalar; nil for null (`~`, `null` or nothing, without quotes) and for collections.
    var text: String? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        return isPlain && (text.isEmpty || text == "~" || text == "null") ? nil : text
    }
}

/// Builds the tree of a YAML document within limits. Stops at the first thing that is wrong with the syntax; what is only
/// not supported is a complaint.
struct YAMLTree {
    static let maximumDepth = 64
    /// More nodes than any file of 1 MiB has without aliases that multiply.
    static let maximumNodes = 200_000

    private let events: YAMLEvents
    private var anchors: [String: YAMLNode] = [:]
    private var complaints: [Failure] = []

    typealias Failure = YAMLEvents.Failure

    /// The one document of a text, nil where there is none; and what of it is not supported, taken as if it were not there.
    static func read(_ bytes: [UInt8]) throws(Failure) -> (root: YAMLNode?, complaints: [Failure]) {
        guard let events = YAMLEvents(bytes) else {
            throw Failure(message: "no memory", position: SourcePosition(line: 1, column: 1))
        }
        var tree = YAMLTree(events: events)
        let root = try tree.document()
        return (root, tree.complaints)
    }

    private init(events: YAMLEvents) { self.events = events }

    private mutating func document() throws(Failure) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let (event, position) = try events.next()
            switch event {
            case .streamEnd: return root
            case .documentStart:
                if root != nil { throw Failure(message: "a second document in one file", position: position) }
                let (first, place) = try events.next()
                root = try node(first, place, depth: 0)
            case .documentEnd, .scalar, .sequenceStart, .sequenceEnd, .mappingStart, .mappingEnd, .alias: break
            }
        }
    }

    private mutating func node(
        _ event: YAMLEvents.Event, _ position: SourcePosition, depth: Int
    ) throws(Failure) -> YAMLNode {
        switch event {
        case .scalar(let text, let isPlain, let tag, let anchor):
            let isText = isTextTag(tag, "str", at: position)
            let node = YAMLNode(
                content: .scalar(text, isPlain: isPlain && !isText), position: position, height: 0)
            return remember(node, anchor)
        case .sequenceStart(let tag, let anchor):
            _ = isTextTag(tag, "seq", at: position)
            return remember(try sequence(position, depth: depth), anchor)
        case .mappingStart(let tag, let anchor):
            _ = isTextTag(tag, "map", at: position)
            return remember(try mapping(position, depth: depth), anchor)
        case .alias(let name):
            guard let node = anchors[name] else {
                throw Failure(message: "unknown or unfinished anchor '\(name)'", position: position)
            }
            guard depth + node.height <= Self.maximumDepth else { throw Self.tooDeep(position) }
            return YAMLNode(content: node.content, position: position, height: node.height)
        case .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw Failure(message: "unexpected end", position: position)
        }
    }

    private mutating func remember(_ node: YAMLNode, _ anchor: String?) -> YAMLNode {
        if let anchor { anchors[anchor] = node }
        return node
    }

    private mutating func sequence(_ position: SourcePosition, depth: Int) throws(Failure) -> YAMLNode {
        guard depth < Self.maximumDepth else { throw Self.tooDeep(position) }
        var elements: [YAMLNode] = []
        while true {
            let (event, place) = try events.next()
            if case .sequenceEnd = event { break }
            elements.append(try node(event, place, depth: depth + 1))
        }
        let height = elements.reduce(0) { max($0, $1.height) } + 1
        return YAMLNode(content: .sequence(elements), position: position, height: height)
    }

    private mutating func mapping(_ position: SourcePosition, depth: Int) throws(Failure) -> YAMLNode {
        guard depth < Self.maximumDepth else { throw Self.tooDeep(position) }
        var members: [(key: YAMLNode, value: YAMLNode)] = []
        while true {
            let (event, place) = try events.next()
            if case .mappingEnd = event { break }
            let key = try node(event, place, depth: depth + 1)
            let (valueEvent, valuePlace) = try events.next()
            members.append((key, try node(valueEvent, valuePlace, depth: depth + 1)))
        }
        let height = members.reduce(0) { max($0, $1.key.height, $1.value.height) } + 1
        return YAMLNode(content: .mapping(members), position: position, height: height)
    }

    private static func tooDeep(_ position: SourcePosition) -> Failure {
        Failure(message: "nested deeper than \(maximumDepth)", position: position)
    }

    /// True for an explicit tag of the kind that the node has anyway; other tags ask for what a configuration is not.
    private mutating func isTextTag(_ tag: String?, _ kind: String, at position: SourcePosition) -> Bool {
        guard let tag else { return false }
        guard tag == "tag:yaml.org,2002:\(kind)" || tag == "!" else {
            complaints.append(Failure(message: "tag \(tag) is not supported", position: position))
            return false
        }
        return true
    }
}
