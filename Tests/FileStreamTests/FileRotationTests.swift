import ConnectABI
import Glibc
@testable import PluginKit
import PluginTestKit
import Synchronization
import Testing

@testable import FileStream

/// A clock that the test moves.
private final class TestClock: Sendable {
    private let nanoseconds = Atomic<UInt64>(1)
    var now: UInt64 { nanoseconds.load(ordering: .relaxed) }
    func advance(seconds: UInt64) { nanoseconds.wrappingAdd(seconds * 1_000_000_000, ordering: .relaxed) }
}

@Suite struct FileRotationTests {
    private let folder = TemporaryFolder()
    private let clock = TestClock()
    private let box: SourceTaskBox
    private let fake = FakeHost()

    init() throws {
        let task = FileStreamSourceTask(context: HostContext(host: fake.host, handle: fake.context))
        task.now = { [clock] in clock.now }
        box = SourceTaskBox(task)
        folder.write("in", "old 1\n")
        try task.start(Configuration([.init("file", folder.file("in")), .init("topic", "t")]))
    }

    /// Lines until nothing comes.
    private func lines() throws -> [String] {
        var lines: [String] = []
        while true {
            var batch: UnsafePointer<kc_batch>?
            let status = try box.poll(100, &batch, nil)
            guard let batch else {
                if status == KC_WOULD_BLOCK { return lines }
                continue
            }
            SinkRecords(batch).forEachRecord { record in
                let value = record.pointee.value
                lines.append(
                    String(decoding: UnsafeBufferPointer(start: value.u.bytes, count: Int(value.length)), as: UTF8.self)
                )
            }
            box.release(batch)
        }
    }

    private func rotate() { #expect(rename(folder.file("in"), folder.file("in.1")) == 0) }

    @Test func `a renamed file is followed until another takes its name and it is quiet`() throws {
        #expect(try lines() == ["old 1"])
        rotate()
        folder.write("in.1", "old 2\n", append: true)
        #expect(try lines() == ["old 2"])
        folder.write("in", "new 1\n")
        #expect(try lines() == [])
        clock.advance(seconds: 1)
        folder.write("in.1", "old 3\n", append: true)
        #expect(try lines() == ["old 3"])
        clock.advance(seconds: 1)
        #expect(try lines() == [])
        clock.advance(seconds: 2)
        #expect(try lines() == ["new 1"])
    }

    @Test func `the incomplete last line of a replaced file is not lost`() throws {
        folder.write("in", "cut off", append: true)
        #expect(try lines() == ["old 1"])
        rotate()
        folder.write("in", "new 1\n")
        #expect(try lines() == [])
        clock.advance(seconds: 3)
        #expect(try lines() == ["cut off", "new 1"])
    }
}
