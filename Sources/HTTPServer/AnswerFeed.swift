/// A long answer that libmicrohttpd reads bit by bit, so that it is in memory once, and that it is known when its client takes
/// nothing of it. Confined to the listener's thread.
final class AnswerFeed {
    /// What is read at a time.
    static let blockBytes = 64 << 10

    private let body: [UInt8]
    private let descriptor: Int32
    /// It outlives its daemon, and with that every answer.
    private unowned let loop: ServerLoop

    init(_ body: [UInt8], descriptor: Int32, loop: ServerLoop) {
        self.body = body
        self.descriptor = descriptor
        self.loop = loop
    }

    /// - Returns: how many bytes were copied.
    func read(from position: Int, into target: UnsafeMutableRawBufferPointer) -> Int {
        let part = body.dropFirst(position).prefix(target.count)
        target.copyBytes(from: part)
        loop.connections.answerTaken(descriptor, now: MonotonicClock.now())
        return part.count
    }
}
