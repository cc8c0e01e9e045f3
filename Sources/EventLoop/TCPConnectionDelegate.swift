/// What a connection tells its owner, always on the loop and never from inside a call of the owner's.
public protocol TCPConnectionDelegate: AnyObject {
    /// `connect` has succeeded.
    func connectionDidOpen(_ connection: TCPConnection)

    /// Where the next bytes go: never empty, valid until `didRead` or the next call of this one. The larger, the fewer
    /// system calls.
    func connectionReadBuffer(_ connection: TCPConnection) -> UnsafeMutableRawBufferPointer

    /// `count` bytes (at least one) stand at the start of the buffer given last.
    func connection(_ connection: TCPConnection, didRead count: Int)

    /// Everything given to `write` is with the kernel.
    func connectionDidDrain(_ connection: TCPConnection)

    /// The connection is gone, what it had queued is dropped; called once, and not after a `close` of the owner's.
    ///
    /// - Parameter reason: nil where the peer ended the stream in order.
    func connectionDidClose(_ connection: TCPConnection, _ reason: SystemError?)
}
