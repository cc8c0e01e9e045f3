import JSON

/// Parser, scanner and writer agree: what parses is written as something that parses to the same, tokens of the scanner
/// are accepted exactly where the lenient parser accepts, and errors point into the text.
func fuzzJSON(_ input: UnsafeBufferPointer<UInt8>) -> Int32 {
    let bytes = UnsafeRawBufferPointer(input)
    if let value = parsed(bytes, .strict) {
        let written = value.serialized()
        let again = written.withUnsafeBytes { parsed($0, .strict) }
        require(again == value, "written text reads differently")
        require(again?.serialized() == written, "written text is not stable")
        require(parsed(bytes, .jackson) != nil, "leniency refuses what strictness takes")
    }
    let lenient = JSONLimits(
        maximumBytes: JSONLimits.jackson.maximumBytes, maximumDepth: 256, duplicates: .lastWins,
        leniency: JSONLimits.jackson.leniency)
    var scanner = JSONScanner(bytes, limits: lenient)
    var scratch = [UInt8](repeating: 0, count: input.count + 1)
    var isAccepted = false
    do throws(JSONError) {
        while true {
            let token = try scanner.next()
            if token == .end { break }
            require(scanner.contentOffset + scanner.contentCount <= input.count, "content beyond the text")
            guard token == .key || token == .string else { continue }
            let count = scratch.withUnsafeMutableBytes { memory -> Int? in
                guard let base = memory.baseAddress else { return nil }
                return scanner.unescape(into: base, capacity: scanner.contentCount)
            }
            require(count.map { scratch.prefix($0).elementsEqual(scanner.string().utf8) } ?? false, "unescape differs")
        }
        isAccepted = true
    } catch {
        require(error.offset <= input.count && error.line > 0 && error.column > 0, "error outside of the text")
    }
    require(isAccepted == (parsed(bytes, lenient) != nil), "scanner and parser disagree")
    return 0
}

private func parsed(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) -> JSONValue? {
    try? JSONValue.parse(bytes, limits: limits)
}
