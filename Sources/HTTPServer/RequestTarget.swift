/// Path and query of a request as they were sent. The path is split at its slashes before anything is decoded, so that a
/// segment may carry a slash as `%2F`; dots mean nothing, so that no path leads elsewhere.
package struct RequestTarget: Sendable, Equatable {
    /// The path with its leading slash, undecoded; `*` for `OPTIONS *`.
    package let path: String
    /// What follows the first question mark, undecoded.
    package let query: String?

    /// - Returns: nil unless `text` is a path with an optional query, `*`, or an absolute `http` URL of one; blanks and
    ///   control characters are refused.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        var rest = text[...]
        if !rest.hasPrefix("/"), let scheme = rest.firstRange(of: "://") {
            let name = rest[..<scheme.lowerBound].lowercased()
            guard name == "http" || name == "https" else { return nil }
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex)...]
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        guard rest.hasPrefix("/") || rest == "*" else { return nil }
        if let mark = rest.firstIndex(of: "?") {
            path = String(rest[..<mark])
            query = String(rest[rest.index(after: mark)...])
        } else {
            path = String(rest)
            query = nil
        }
    }

    /// The decoded segments of the path, without the empty one behind a trailing slash; nil where an escape is not two
    /// hexadecimal digits or a segment is not UTF-8.
    package var segments: [String]? {
        guard path.hasPrefix("/") else { return [path] }
        var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        var result: [String] = []
        result.reserveCapacity(parts.count)
        for part in parts {
            guard let segment = Self.decode(part, plusIsBlank: false) else { return nil }
            result.append(segment)
        }
        return result
    }

    /// The decoded parameters of the query in order, a missing value being empty; nil where an escape is malformed.
    package var parameters: [(name: String, value: String)]? {
        var result: [(name: String, value: String)] = []
        for part in (query ?? "").split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(pair[0], plusIsBlank: true),
                let value = Self.decode(pair.count > 1 ? pair[1] : "", plusIsBlank: true)
            else { return nil }
            result.append((name, value))
        }
        return result
    }

    /// Percent-encodes what may not stand in a segment of a path, and the dots of segments that clients would resolve.
    package static func encode(segment: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in segment.utf8 {
            if isUnreserved(byte), segment != ".", segment != ".." {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        default: return "-._~!$&'()*+,;=:@".utf8.contains(byte)
        }
    }

    private static func decode(_ text: Substring, plusIsBlank: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            } else if plusIsBlank, byte == UInt8(ascii: "+") {
                bytes.append(0x20)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return byte - UInt8(ascii: "A") + 10
        default: return nil
        }
    }
}
