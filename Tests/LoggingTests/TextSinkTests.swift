import Glibc
import Testing

@testable import Logging

struct TextSinkTests {
    private let event = LogEvent(wallMilliseconds: 0, level: .error, logger: "a", message: "m", fields: [])

    @Test func `an event is one line on the descriptor`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        TextSink(descriptor: ends[1]).write(event)
        TextSink(descriptor: ends[1], isJournal: true).write(event)
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(ends[0], &buffer, buffer.count)
        // The journal keeps times of its own, and takes the priority from the line.
        #expect(
            String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
                == "1970-01-01T00:00:00.000Z ERROR m (a)\n<3>ERROR m (a)\n")
    }

    @Test func `a closed descriptor loses the line and nothing else`() {
        TextSink(descriptor: -1).write(event)
    }

    @Test func `the journal is known by device and inode`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        var status = stat()
        try #require(fstat(ends[0], &status) == 0)
        #expect(JournalStream.isConnected(to: ends[0], journalStream: "\(status.st_dev):\(status.st_ino)"))
        #expect(!JournalStream.isConnected(to: ends[0], journalStream: "\(status.st_dev):\(status.st_ino + 1)"))
        for text in ["", ":", "1", "x:y", "1:2:3", "-1:4"] {
            #expect(!JournalStream.isConnected(to: ends[0], journalStream: text))
        }
    }
}
