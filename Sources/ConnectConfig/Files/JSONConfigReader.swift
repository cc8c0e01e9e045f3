internal import JSON

/// Reads a connector's file in JSON: a flat object of texts, or a create request `{name, config, initial_state}`, in the
/// order in which Apache's standalone worker tries them. Numbers and Booleans stand for their text.
struct JSONConfigReader {
    private let bytes: UnsafeRawBufferPointer
    private var scanner: JSONScanner
    private var result: ConnectorDocument
    private var passed = 0
    private var place = SourcePosition(line: 1, column: 1)

    private static let limits = JSONLimits(maximumBytes: FileContents.limit, leniency: [.byteOrderMark])

    static func read(_ bytes: [UInt8], file: String) -> ConnectorDocument {
        bytes.withUnsafeBytes { buffer in
            var reader = JSONConfigReader(buffer, file: file)
            reader.read()
            return reader.result
        }
    }

    /// True where the text is JSON, whatever it says.
    static func isJSON(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var scanner = JSONScanner(buffer, limits: limits)
            while let token = try? scanner.next() {
                if token == .end { return true }
            }
            return false
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        scanner = JSONScanner(bytes, limits: Self.limits)
        result = ConnectorDocument(config: ConfigDocument(file: file))
    }

    private mutating func read() {
        do throws(JSONError) {
            let isRequest = try holdsObjects()
            guard try scanner.next() == .beginObject else {
                return result.config.error("expected an object", at: position)
            }
            if isRequest { try readRequest() } else { try readMembers() }
            _ = try scanner.next()
        } catch {
            result.config.error(
                "\(error.reason)", at: SourcePosition(line: error.line, column: error.column))
        }
    }

    /// Where the last token starts. Tokens come in order, so only what lies between two of them is walked.
    private var position: SourcePosition {
        mutating get {
            while passed < scanner.tokenOffset, passed < bytes.count {
                if bytes[passed] == 0x0A {
                    place = SourcePosition(line: place.line + 1, column: 1)
                } else if bytes[passed] & 0xC0 != 0x80 {
                    place = SourcePosition(line: place.line, column: place.column + 1)
                }
                passed += 1
            }
            return place
        }
    }

    /// True where the member `config` is an object, which no flat configuration has.
    private func holdsObjects() throws(JSONError) -> Bool {
        var scanner = JSONScanner(bytes, limits: Self.limits)
        guard try scanner.next() == .beginObject else { return false }
        while try scanner.next() == .key {
            let isConfig = scanner.contentEquals("config")
            let token = try scanner.next()
            if isConfig, token == .beginObject { return true }
            try scanner.skipValue(startingWith: token)
        }
        return false
    }

    /// Members of an object whose bracket was just read, up to its end.
    private mutating func readMembers() throws(JSONError) {
        while try scanner.next() == .key {
            let key = scanner.string()
            let place = position
            switch try scanner.next() {
            case .string, .number: result.config.add(key, scanner.string(), at: place)
            case .true: result.config.add(key, "true", at: place)
            case .false: result.config.add(key, "false", at: place)
            case .null: result.config.add(key, nil, at: place)
            case .beginObject, .beginArray:
                result.config.error("the value must be a text", at: position, key: key)
                // The bracket is read: passing on to its end is passing the value.
                try skipOpenValue()
            case .endObject, .endArray, .key, .end: return
            }
        }
    }

    private mutating func readRequest() throws(JSONError) {
        while try scanner.next() == .key {
            let key = scanner.string()
            let token = try scanner.next()
            switch (key, token) {
            case ("config", .beginObject): try readMembers()
            case ("name", .string): result.name = .init(text: scanner.string(), position: position)
            case ("initial_state", .string): result.initialState = .init(text: scanner.string(), position: position)
            case ("name", _), ("initial_state", _):
                if token != .null {
                    result.config.error("\(key) must be a text", at: position, key: key, leavesOut: key == "name")
                }
                try scanner.skipValue(startingWith: token)
            default:
                // Apache's worker tolerates other members of a request.
                try scanner.skipValue(startingWith: token)
            }
        }
    }

    private mutating func skipOpenValue() throws(JSONError) {
        let outside = scanner.depth - 1
        while scanner.depth > outside { _ = try scanner.next() }
    }
}
