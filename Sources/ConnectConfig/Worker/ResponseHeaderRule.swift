package import Settings

/// One rule of `response.http.headers.config`: what is done to the headers of every answer.
package struct ResponseHeaderRule: Sendable, Equatable {
    /// `setDate` and `addDate` take milliseconds from now.
    package enum Action: String, Sendable, CaseIterable {
        case set, add, setDate, addDate
    }

    package let action: Action
    package let name: String
    package let value: String

    /// Rules between commas; one that holds a comma stands in double quotes.
    package static func parse(_ text: String) -> Result<[ResponseHeaderRule], SettingMessage> {
        var rules: [ResponseHeaderRule] = []
        for rule in split(text) {
            switch parseRule(rule) {
            case .success(let parsed): rules.append(parsed)
            case .failure(let message): return .failure(message)
            }
        }
        return .success(rules)
    }

    private static func parseRule(_ rule: String) -> Result<ResponseHeaderRule, SettingMessage> {
        guard let blank = rule.firstIndex(where: \.isWhitespace) else {
            return .failure(
                SettingMessage(
                    "Invalid format of header config '\(rule)'. Expected: '[action] [header name]:[header value]'"))
        }
        let word = String(rule[..<blank])
        let header = trimmed(rule[blank...])
        guard let action = Action.allCases.first(where: { $0.rawValue.lowercased() == word.lowercased() }) else {
            return .failure(
                SettingMessage(
                    "Invalid header config action: '\(word)'. Expected one of [set, add, setDate, addDate]"))
        }
        let parts = header.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else {
            return .failure(
                SettingMessage(
                    "Invalid format of header name and header value pair '\(header)'. "
                        + "Expected: '[header name]:[header value]'"))
        }
        let name = trimmed(parts[0])
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
            return .failure(
                SettingMessage("Invalid header name '\(name)'. The '[header name]' cannot contain whitespace"))
        }
        return .success(ResponseHeaderRule(action: action, name: name, value: trimmed(parts[1])))
    }

    /// Splits at commas outside of quotes and takes the quotes off.
    private static func split(_ text: String) -> [String] {
        var rules: [String] = []
        var current = ""
        var isQuoted = false
        for character in text {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                rules.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        rules.append(current)
        return rules.map { trimmed($0[...]) }.filter { !$0.isEmpty }
    }

    private static func trimmed(_ text: Substring) -> String {
        let body = text.drop(while: \.isWhitespace)
        guard let last = body.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(body[...last])
    }
}
