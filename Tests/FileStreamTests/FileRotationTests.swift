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
    // In memory, where the kernel tells of changes.
    private let folder = TemporaryFolder(in: "/dev/shm")
    private let clock = TestClock()
    private let box: SourceTaskBox
    private let fake = FakeHost()

    init() throws {
        let task = FileStreamSourceTask(context: HostContext(host: fake.host, handle: fake.context))
        task.now = { [clock] in clock.now }
        box = SourceTaskBox(task, HostContext(host: fake.host, handle: fake.context))
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

    private func rotate(to name: String = "in.1") { #expect(rename(folder.file("in"), folder.file(name)) == 0) }

    /// A file that was read or waits gives its name to one with this line.
    private func give(_ number: Int) {
        rotate(to: "in.\(number)")
        folder.write("in", "new \(number)\n")
    }

    /// The same, and the kernel's word of it has come: the new one is open.
    private func replace(_ number: Int) {
        let open = openFiles(in: folder)
        give(number)
        #expect(fake.waits(for: { _ in openFiles(in: folder) > open }))
    }

    /// The lines of all that wait, each of which gets its time.
    private func linesInTime() throws -> [String] {
        var all = try lines()
        for _ in 0..<20 {
            clock.advance(seconds: 2)
            all += try lines()
        }
        return all
    }

    private func age(_ name: String) {
        var times = [timeval(), timeval()]
        #expect(utimes(folder.file(name), &times) == 0)
    }

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

    @Test func `files that are replaced without a poll in between are all read, in turn`() throws {
        #expect(try lines() == ["old 1"])
        for number in 1...5 { replace(number) }
        folder.write("in.1", "old 2\n", append: true)
        folder.write("in.3", "late\n", append: true)
        #expect(try linesInTime() == ["old 2", "new 1", "new 2", "late", "new 3", "new 4", "new 5"])
        #expect(fake.state.log.filter { $0.contains("was replaced") }.count == 5)
        #expect(!fake.state.log.contains { $0.hasPrefix("WARN") })
        // The last one is followed as the first one was.
        folder.write("in", "more\n", append: true)
        #expect(try lines() == ["more"])
        replace(6)
        #expect(try linesInTime() == ["new 6"])
    }

    @Test func `files that lost their names long ago are not waited for one by one`() throws {
        #expect(try lines() == ["old 1"])
        for number in 1...5 { replace(number) }
        for number in 1...5 { age("in.\(number)") }
        #expect(try lines() == [])
        clock.advance(seconds: 3)
        #expect(try lines() == (1...5).map { "new \($0)" })
    }

    @Test func `more files than are kept open are told of in a warning`() throws {
        #expect(try lines() == ["old 1"])
        let wakes = fake.state.wakes
        for number in 1...16 { replace(number) }
        for number in 17...18 {
            give(number)
            // There is no room to open it, so its wake-up shows that it was seen: each file brought one, and none of
            // them was written to after the task had been idle for long.
            #expect(fake.waits(for: { $0.wakes == wakes + number }))
        }
        #expect(try linesInTime() == (1...16).map { "new \($0)" } + ["new 18"])
        #expect(fake.state.log.filter { $0.hasPrefix("WARN") && $0.contains("1 files that had the name") }.count == 1)
    }

    @Test func `a file that is removed and made anew is read from its start`() throws {
        #expect(try lines() == ["old 1"])
        #expect(unlink(folder.file("in")) == 0)
        #expect(try lines() == [])
        folder.write("in", "new 1\n")
        #expect(try linesInTime() == ["new 1"])
    }

    @Test func `a copied and truncated file is read from its start, and nothing waits`() throws {
        #expect(try lines() == ["old 1"])
        folder.write("in.1", folder.read("in"))
        folder.write("in", "a\n")
        _ = try lines()
        #expect(try lines() == ["a"])
        #expect(openFiles(in: folder) == 1)
    }

    @Test(arguments: [(Int.max, true), (32_503_680_000, true), (Int.min, false), (0, false)])
    func `a file's time may be any that somebody sets`(seconds: Int, isNew: Bool) throws {
        let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, folder.file("in"), times, 0) == 0)
        let quiet = try #require(try InputFile.open(folder.file("in"))).quietNanoseconds
        #expect((quiet == 0) == isNew)
    }

    @Test func `a stopped task leaves nothing open and is told of nothing`() throws {
        #expect(try lines() == ["old 1"])
        for number in 1...3 { replace(number) }
        #expect(openFiles(in: folder) == 4)
        try box.task.stop()
        #expect(openFiles(in: folder) == 0)
        let wakes = fake.state.wakes
        rotate(to: "in.4")
        folder.write("in", "new 4\n")
        // Another one that is told of this name tells when the change has been dealt with.
        let other = FileWatch.Waiter(wake: { [fake] in fake.update { $0.wakes += 100 } })
        #expect(FileWatch.shared?.armName(other, path: folder.file("in")) == true)
        rotate(to: "in.5")
        folder.write("in", "new 5\n")
        #expect(fake.waits(for: { $0.wakes >= 100 }))
        #expect(fake.state.wakes == wakes + 100 && openFiles(in: folder) == 0)
        FileWatch.shared?.disarm(other)
    }
}
