/// What runs one thing at a time: a loop or a lane.
public protocol SerialContext: AnyObject, Sendable {
    /// Whether the caller runs in it.
    var isCurrent: Bool { get }
}

extension EventLoop: SerialContext {}

/// Carries a value that is not Sendable to the loop or lane which alone may touch it.
///
/// The guard is ``value``, which traps anywhere else: a loop's class can be captured by a lane's job that later answers
/// on the loop.
public struct Confined<Value>: @unchecked Sendable {
    private let stored: Value
    private let context: any SerialContext

    /// - Parameter context: the only place where `value` is used from now on.
    public init(_ value: Value, to context: any SerialContext) {
        stored = value
        self.context = context
    }

    /// The value, for code that runs in the context.
    public var value: Value {
        precondition(context.isCurrent, "used outside of its loop or lane")
        return stored
    }
}
