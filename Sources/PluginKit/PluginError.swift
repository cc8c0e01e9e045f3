/// Why a call of a connector or task failed, in words for the operator.
public struct PluginError: Error, Sendable, Equatable {
    /// What the worker does about it.
    public enum Kind: Sendable, Equatable {
        /// The instance becomes FAILED. Not by what `acknowledged` and `commit` of a source task throw: the records are in Kafka and
        /// the offsets stored all the same, so that it is logged. Nor by `flush` and `preCommit` of a sink task: nothing is
        /// committed then, and what was put since the last commit comes again. Nor by `stop`.
        case fatal
        /// The worker repeats `poll`, `put` or `taskConfigurations`, after so many milliseconds; 0 leaves the wait to the
        /// worker. Any other call has failed.
        case retriable(afterMilliseconds: UInt32)
    }

    public let kind: Kind
    /// One line: what could not be done, with what, and why.
    public let message: String

    /// An error of a kind that was decided elsewhere.
    public init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    /// A failure for good.
    public static func fatal(_ message: String) -> PluginError { PluginError(kind: .fatal, message: message) }

    /// A failure that may pass.
    public static func retriable(_ message: String, afterMilliseconds: UInt32 = 0) -> PluginError {
        PluginError(kind: .retriable(afterMilliseconds: afterMilliseconds), message: message)
    }
}
