/// One line of the access log in the format of Apache's worker: NCSA extended, then milliseconds.
struct AccessLine {
    var peer: String
    var method: String
    var target: String
    var version: String
    /// nil where the request was broken off before it was answered.
    var status: Int?
    var bytes: Int
    var referer: String?
    var userAgent: String?
    var milliseconds: UInt64

    /// - Parameter time: seconds since 1970.
    func text(at time: Int64) -> String {
        """
        \(peer) - - [\(CalendarTime(time).text)] "\(Self.quoted("\(method) \(target) \(version)"))" \
        \(status.map(String.init) ?? "-") \(bytes) "\(Self.quoted(referer ?? "-"))" \
        "\(Self.quoted(userAgent ?? "-"))" \(milliseconds)
        """
    }

    /// No quote, backslash or control character of a client reaches the log as itself.
    static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(2048) {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default:
                if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format {
                    result += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}
