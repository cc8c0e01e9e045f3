import JSON

/// Reads the JSON body of a request strictly. Every error is a 400 that names the line and column.
struct RequestBody {
    /// A step on the way from the top of the body to a value.
    enum Step: Equatable {
        case member(String)
        case element(Int)
    }

    private let bytes: [UInt8]
    /// The body's value.
    let value: JSONValue

    /// Nested more deeply than any body of this API.
    private static let depth = 64

    init(_ bytes: [UInt8]) throws(RESTError) {
        guard !bytes.isEmpty else { throw .badRequest("The request has no body; a JSON object is expected.") }
        do {
            // Jackson lets the last of two equal members win, and clients may rely on it.
            value = try JSONValue.parse(
                bytes, limits: JSONLimits(maximumBytes: bytes.count, maximumDepth: Self.depth, duplicates: .lastWins))
        } catch {
            throw .badRequest("The request is not valid JSON: \(error)")
        }
        self.bytes = bytes
    }

    /// The members of the object at `path`, each of a known name.
    /// - Parameter known: names that may occur; nil for any.
    func object(_ value: JSONValue, at path: [Step] = [], known: [String]? = nil) throws(RESTError) -> JSONObject {
        guard case .object(let object) = value else { throw wrongType("Object", value, path) }
        if let known {
            for member in object.members where !known.contains(member.key) {
                let names = known.map { "\"\($0)\"" }.joined(separator: ", ")
                throw error("Unrecognized field \"\(member.key)\" (known: \(names))", at: path + [.member(member.key)])
            }
        }
        return object
    }

    /// A flat configuration: scalars become their text, null stays.
    func texts(_ value: JSONValue, at path: [Step] = []) throws(RESTError) -> [(String, String?)] {
        var result: [(String, String?)] = []
        for member in try object(value, at: path).members {
            result.append((member.key, try text(member.value, at: path + [.member(member.key)])))
        }
        return result
    }

    /// A scalar's text as it was written; nil for null.
    func text(_ value: JSONValue, at path: [Step]) throws(RESTError) -> String? {
        switch value {
        case .null: return nil
        case .bool(let value): return value ? "true" : "false"
        case .number(let number): return number.text
        case .string(let text): return text
        case .array, .object: throw wrongType("String", value, path)
        }
    }

    /// The elements of the array at `path`.
    func array(_ value: JSONValue, at path: [Step]) throws(RESTError) -> [JSONValue] {
        guard case .array(let elements) = value else { throw wrongType("Array", value, path) }
        return elements
    }

    /// An error about the value at `path`.
    func error(_ reason: String, at path: [Step]) -> RESTError {
        let place = bytes.withUnsafeBytes { JSONPlace.position(of: path, in: $0) }
        return .badRequest("\(reason) at line \(place.line), column \(place.column)")
    }

    private func wrongType(_ wanted: String, _ found: JSONValue, _ path: [Step]) -> RESTError {
        let kind =
            switch found {
            case .null: "null"
            case .bool: "Boolean value"
            case .number: "Number value"
            case .string: "String value"
            case .array: "Array value"
            case .object: "Object value"
            }
        let member = if case .member(let name) = path.last { " in \"\(name)\"" } else { "" }
        return error("Cannot deserialize value of type `\(wanted)` from \(kind)\(member)", at: path)
    }
}
