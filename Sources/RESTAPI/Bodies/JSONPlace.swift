import JSON

/// Finds a value in a JSON text again, for the position in an error: trees do not keep positions, and only the text that is
/// refused pays for the second reading.
enum JSONPlace {
    /// Line and column, from 1, of the value at `path`; of a member its name. The start of the text where there is no such value.
    static func position(of path: [RequestBody.Step], in bytes: UnsafeRawBufferPointer) -> (line: Int, column: Int) {
        var scanner = JSONScanner(bytes)
        let offset = (try? offset(of: path[...], &scanner)) ?? 0
        return JSONText.position(of: offset, in: bytes)
    }

    private static func offset(of path: ArraySlice<RequestBody.Step>, _ scanner: inout JSONScanner) throws(JSONError)
        -> Int?
    {
        var path = path
        var token = try scanner.next()
        var offset = scanner.tokenOffset
        while let step = path.popFirst() {
            switch (step, token) {
            case (.member(let name), .beginObject):
                guard let found = try enter(name, &scanner) else { return nil }
                offset = found
            case (.element(let index), .beginArray):
                for _ in 0..<index { try scanner.skipValue(startingWith: scanner.next()) }
            default: return nil
            }
            token = try scanner.next()
            if case .element = step { offset = scanner.tokenOffset }
        }
        return offset
    }

    /// Reads up to the value of a member of the object that was opened.
    /// - Returns: where its name stands; nil where there is no such member.
    private static func enter(_ name: String, _ scanner: inout JSONScanner) throws(JSONError) -> Int? {
        while try scanner.next() == .key {
            if scanner.string() == name { return scanner.tokenOffset }
            try scanner.skipValue(startingWith: scanner.next())
        }
        return nil
    }
}
