internal import KafkaProtocol

/// What a broker's answer to ApiVersions told: the range of versions of each API.
struct BrokerVersions {
    private var ranges: [(key: Int16, least: Int16, most: Int16)]

    init(_ response: ApiVersionsResponse) {
        ranges = response.apiKeys.map { ($0.apiKey, $0.minVersion, $0.maxVersion) }.sorted { $0.0 < $1.0 }
    }

    /// The broker's highest version of an API; nil when it does not have the API.
    func maximum(of apiKey: Int16) -> Int16? { ranges.first { $0.key == apiKey }?.most }

    /// The highest version that both sides speak; nil when there is none.
    func choose(_ apiKey: Int16, within own: ClosedRange<Int16>) -> Int16? {
        guard let range = ranges.first(where: { $0.key == apiKey }) else { return nil }
        let version = min(own.upperBound, range.most)
        return version >= max(own.lowerBound, range.least) ? version : nil
    }
}
