internal import Settings

/// Checks that only keys of Connect need. The words are Apache's.
extension SettingValidator {
    /// −1, or at least one partition.
    static let partitions = positiveOrBroker(
        "at least 1, or -1 for the broker's default",
        "Number of partitions must be positive, or -1 to use the broker's default")

    static let replicationFactor = positiveOrBroker(
        "at least 1, or -1 for the broker's default",
        "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, "
            + "or -1 to use the broker's default")

    static let listeners = SettingValidator.check("URLs of the REST server") { _, value in
        guard case .list(let urls)? = value, !urls.isEmpty else {
            return SettingMessage(
                "Invalid value for listeners, at least one URL is expected, ex: "
                    + "http://localhost:8080,https://localhost:8443.")
        }
        return urls.contains("") ? SettingMessage("Empty URL found when parsing listeners list.") : nil
    }

    static let responseHeaders = SettingValidator.check("rules such as `set X-Frame-Options: DENY`") { _, value in
        guard case .string(let text)? = value else { return nil }
        switch ResponseHeaderRule.parse(text) {
        case .success: return nil
        case .failure(let message): return message
        }
    }

    static let protocolMode = SettingValidator.check("eager, compatible, sessioned (in any case)") { key, value in
        guard let text = value?.text, !["eager", "compatible", "sessioned"].contains(text.lowercased()) else {
            return nil
        }
        return .invalid(text, key, "Invalid Connect protocol compatibility")
    }

    static let algorithm = SettingValidator.check(macAlgorithms.joined(separator: ", ")) { key, value in
        value.flatMap { unsupported($0.text, key) }
    }

    static let algorithms = SettingValidator.check(
        "at least one of " + macAlgorithms.joined(separator: ", ")
    ) { key, value in
        guard case .list(let names)? = value, !names.isEmpty else {
            return .invalid("[]", key, "At least one signature verification algorithm must be provided")
        }
        return names.lazy.compactMap { unsupported($0, key) }.first
    }

    /// Regular expressions, each of which compiles.
    static let expressions = SettingValidator.check("regular expressions") { key, value in
        guard case .list(let expressions)? = value else { return nil }
        for expression in expressions {
            do throws(PatternError) {
                _ = try Pattern(expression)
            } catch {
                return .invalid(
                    "[" + expressions.joined(separator: ", ") + "]", key,
                    "Syntax error in regular expression: \(error)")
            }
        }
        return nil
    }

    /// The message authentication codes that sign requests between workers, by Java's names.
    static let macAlgorithms = ["HmacSHA256", "HmacSHA384", "HmacSHA512", "HmacSHA224", "HmacSHA1"]

    private static func unsupported(_ name: String, _ key: String) -> SettingMessage? {
        guard !macAlgorithms.contains(where: { $0.lowercased() == name.lowercased() }) else { return nil }
        return .invalid(
            name, key,
            "the algorithm is not supported; the supported algorithms are: ["
                + macAlgorithms.joined(separator: ", ") + "]")
    }

    private static func positiveOrBroker(_ description: String, _ message: String) -> SettingValidator {
        .check(description) { key, value in
            guard case .integer(let number)? = value, number != -1, number < 1 else { return nil }
            return .invalid(String(number), key, message)
        }
    }
}
