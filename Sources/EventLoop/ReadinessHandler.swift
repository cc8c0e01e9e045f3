/// What a descriptor is watched for. Errors and full hang-ups are always reported.
public struct Interest: OptionSet, Sendable {
    /// One bit each.
    public let rawValue: UInt8

    /// The set with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// There is something to read, or the end of the stream.
    public static let read = Interest(rawValue: 1)
    /// There is room to write.
    public static let write = Interest(rawValue: 2)
    /// The peer has ended its side of the stream, even while nothing is read.
    public static let peerEnd = Interest(rawValue: 4)
}

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Sendable {
    /// One bit each.
    public let rawValue: UInt8

    /// The set with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A read would not block.
    public static let read = Readiness(rawValue: 1)
    /// A write would not block.
    public static let write = Readiness(rawValue: 2)
    /// The peer has ended its side of the stream; bytes may still be there to read.
    public static let peerEnd = Readiness(rawValue: 4)
    /// The descriptor is in error or wholly hung up.
    public static let failure = Readiness(rawValue: 8)
}

/// Gets told when its descriptor is ready. The loop holds it from `register` to `deregister`.
public protocol ReadinessHandler: AnyObject {
    /// Called on the loop, again and again until the condition is gone: level-triggered.
    func ready(_ readiness: Readiness)
}

/// Gets called once at the end of the turn in which it asked for it, so that what many jobs of a turn produced goes out
/// in one system call.
protocol TurnEndHandler: AnyObject {
    func turnEnds()
}
