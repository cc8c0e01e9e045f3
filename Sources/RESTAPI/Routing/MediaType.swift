/// The two questions about media types that this API asks.
enum MediaType {
    /// Whether a `Content-Type` is JSON's, whatever its parameters.
    static func isJSON(_ contentType: String) -> Bool {
        essence(contentType[...]) == "application/json"
    }

    /// Whether `Accept` headers let JSON through. Weights are not looked at, as Apache's worker does not.
    static func acceptsJSON(_ headers: [String]) -> Bool {
        headers.contains { header in
            header.split(separator: ",").contains { item in
                ["application/json", "application/*", "*/*", "*"].contains(essence(item))
            }
        }
    }

    private static func essence(_ text: Substring) -> String {
        let end = text.firstIndex(of: ";") ?? text.endIndex
        return String(text[..<end].filter { $0 != " " && $0 != "\t" }).lowercased()
    }
}
