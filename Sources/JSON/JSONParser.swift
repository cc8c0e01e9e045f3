/// Builds a ``JSONValue`` from the tokens of a ``JSONScanner``, with a stack of its own: a hostile text cannot use up
/// the thread's.
struct JSONParser {
    private enum Kind { case array, object }

    private var scanner: JSONScanner
    private let limits: JSONLimits
    // One stack per kind rather than one of enums: their tops are changed in place, never copied.
    private var open: [Kind] = []
    private var arrays: [[JSONValue]] = []
    private var objects: [(members: JSONObject, pendingKey: String)] = []

    init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.limits = limits
        scanner = JSONScanner(bytes, limits: limits)
    }

    mutating func parse() throws(JSONError) -> JSONValue {
        var root = JSONValue.null
        while true {
            switch try scanner.next() {
            case .beginObject:
                open.append(.object)
                objects.append((JSONObject(), ""))
            case .beginArray:
                open.append(.array)
                arrays.append([])
            case .endObject:
                open.removeLast()
                add(.object(objects.removeLast().members), to: &root)
            case .endArray:
                open.removeLast()
                add(.array(arrays.removeLast()), to: &root)
            case .key: try takeKey()
            case .string: add(.string(scanner.string()), to: &root)
            case .number: add(.number(JSONNumber(unchecked: scanner.string())), to: &root)
            case .true: add(.bool(true), to: &root)
            case .false: add(.bool(false), to: &root)
            case .null: add(.null, to: &root)
            case .end: return root
            }
        }
    }

    private mutating func takeKey() throws(JSONError) {
        let key = scanner.string()
        if limits.duplicates == .refuse, objects[objects.count - 1].members.contains(key) {
            throw scanner.error(.duplicateKey(key), at: scanner.tokenOffset)
        }
        objects[objects.count - 1].pendingKey = key
    }

    private mutating func add(_ value: JSONValue, to root: inout JSONValue) {
        switch open.last {
        case nil: root = value
        case .array: arrays[arrays.count - 1].append(value)
        case .object:
            let top = objects.count - 1
            objects[top].members[objects[top].pendingKey] = value
        }
    }
}
