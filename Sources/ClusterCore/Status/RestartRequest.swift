/// A request to restart a connector, its tasks, or what of them has failed (KIP-745).
///
/// Source: `org.apache.kafka.connect.runtime.RestartRequest`.
package struct RestartRequest: Sendable, Equatable {
    package let connector: String
    package let includeTasks: Bool
    package let onlyFailed: Bool

    /// A request.
    package init(connector: String, includeTasks: Bool, onlyFailed: Bool) {
        self.connector = connector
        self.includeTasks = includeTasks
        self.onlyFailed = onlyFailed
    }

    /// How much it touches: of two requests for one connector the one of higher impact is carried out.
    package var impact: Int {
        switch (onlyFailed, includeTasks) {
        case (true, false): 0
        case (true, true): 1
        case (false, false): 2
        case (false, true): 3
        }
    }
}
