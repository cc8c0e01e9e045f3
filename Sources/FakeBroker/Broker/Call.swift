internal import KafkaProtocol

/// A request that is to be answered, now or later.
struct Pending: Sendable {
    /// Names the request; its answer bears it.
    let ticket: UInt64
    let version: Int16
    let correlationID: Int32
}

/// A request while it is carried out.
struct Call {
    let header: RequestHeader
    let pending: Pending
    /// Monotonic nanoseconds.
    let now: UInt64
    /// The request's bytes, which its records are places in. Borrowed: to be used during the call only.
    let frame: UnsafeRawBufferPointer

    var version: Int16 { pending.version }
}
