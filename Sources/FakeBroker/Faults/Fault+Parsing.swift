internal import KafkaProtocol

// `API:ACTION,WORD,…` as text.

extension Fault {
    /// Reads a fault such as `Produce:error=NOT_LEADER_OR_FOLLOWER,count=3`.
    package init(_ text: String) throws(FaultError) {
        func fail(_ reason: String) -> FaultError { FaultError(description: "The fault '\(text)' \(reason)") }
        guard let colon = text.firstIndex(of: ":") else {
            throw fail("has no action: write API:ACTION, such as Heartbeat:cut.")
        }
        var draft = Draft()
        let name = String(text[..<colon])
        let api = try Self.api(named: name, fail)
        for word in text[text.index(after: colon)...].split(separator: ",", omittingEmptySubsequences: false) {
            try draft.take(word, fail)
        }
        guard draft.action != nil || draft.delay != nil else {
            throw fail("has no action: give one of \(Draft.actions.joined(separator: ", ")).")
        }
        if draft.topic != nil, let api, !BrokerAPIs.namesTopics(api.key) {
            throw fail("cannot go by topic, because a \(api.name) request names none: leave topic= out.")
        }
        self.text = text
        apiKey = api?.key
        action = draft.action ?? .none
        delay = draft.delay ?? 0
        topic = draft.topic
        client = draft.client
        after = draft.after ?? 0
        every = draft.every ?? 1
        count = draft.count
    }

    private static func api(named name: String, _ fail: (String) -> FaultError) throws(FaultError) -> APIDescription? {
        if name == "*" { return nil }
        if let api = APIDescription.all.first(where: { $0.name.lowercased() == name.lowercased() }) { return api }
        let names = APIDescription.all.map(\.name).sorted().joined(separator: ", ")
        throw fail("names an API that this broker does not have, '\(name)'. It has: \(names), and * for any.")
    }
}

/// What was read of a fault so far.
private struct Draft {
    static let actions = ["error=NAME", "delay=TIME", "cut", "lose", "hang", "garbage"]

    var action: Fault.Action?
    var delay: UInt64?
    var topic: String?
    var client: String?
    var after: Int?
    var every: Int?
    var count: Int?

    mutating func take(_ word: Substring, _ fail: (String) -> FaultError) throws(FaultError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        let value = parts.count > 1 ? String(parts[1]) : nil
        func needed(_ what: String) throws(FaultError) -> String {
            guard let value, !value.isEmpty else { throw fail("has \(name) without \(what): write \(name)=\(what).") }
            return value
        }
        func number(least: Int) throws(FaultError) -> Int {
            let text = try needed("N")
            guard let number = Int(text), number >= least else {
                throw fail("has \(name)=\(text): a whole number of \(least) or more is wanted.")
            }
            return number
        }
        func once<T>(_ old: T?) throws(FaultError) {
            guard old == nil else { throw fail("says \(name) twice, or has two actions: write two faults.") }
        }
        switch name {
        case "error":
            try once(action)
            action = .error(try Self.error(named: try needed("NAME"), fail))
        case "garbage":
            try once(action)
            action = .garbage(try value.map { (text) throws(FaultError) in try Self.garbage(named: text, fail) })
        case "cut", "lose", "hang":
            try once(action)
            guard value == nil else { throw fail("gives \(name) a value: write just \(name).") }
            action = name == "cut" ? .cut : name == "lose" ? .lose : .hang
        case "delay":
            try once(delay)
            let text = try needed("TIME")
            guard let time = Quantity.nanoseconds(text), time > 0 else {
                throw fail("has delay=\(text): write a number with ms, s or m, up to 24 hours, such as 500ms or 5s.")
            }
            delay = time
        case "topic":
            try once(topic)
            topic = try needed("NAME")
        case "client":
            try once(client)
            client = try needed("ID")
        case "after":
            try once(after)
            after = try number(least: 0)
        case "every":
            try once(every)
            every = try number(least: 1)
        case "count":
            try once(count)
            count = try number(least: 1)
        default:
            throw fail(
                "has the unknown word '\(word)'. Actions: \(Self.actions.joined(separator: ", ")); beside them: "
                    + "topic=NAME, client=ID, after=N, every=N, count=N.")
        }
    }

    private static func error(named name: String, _ fail: (String) -> FaultError) throws(FaultError) -> ErrorCode {
        if let code = ErrorCode.known.first(where: { $0.name == name.uppercased() }), code.rawValue != 0 { return code }
        let words = name.uppercased().split(separator: "_").map(String.init)
        // Those that share a word with what was written, so that a slip of the pen is not answered with 134 names.
        let near = ErrorCode.known.map(\.name).filter { known in
            words.contains { $0.count > 2 && known.split(separator: "_").map(String.init).contains($0) }
        }
        throw fail(
            "names an error that Kafka does not have, '\(name)'. "
                + (near.isEmpty
                    ? "Such as NOT_LEADER_OR_FOLLOWER, NOT_COORDINATOR or REQUEST_TIMED_OUT."
                    : "Near it are: \(near.prefix(8).joined(separator: ", "))."))
    }

    private static func garbage(named name: String, _ fail: (String) -> FaultError) throws(FaultError) -> Garbage {
        if let kind = Garbage(rawValue: name) { return kind }
        let kinds = Garbage.allCases.map(\.rawValue).joined(separator: ", ")
        throw fail("has garbage of an unknown kind, '\(name)'. The kinds are: \(kinds).")
    }
}

extension ErrorCode {
    /// Every error that has a name, by rising number; 0 among them.
    static let known: [ErrorCode] = (-1...Int16(255)).map(ErrorCode.init(rawValue:)).filter { code in
        !code.name.hasPrefix("UNKNOWN_\(code.rawValue)")
    }
}
