import ConnectABI
import Glibc
import PluginTestKit
import Testing

@testable import FileStream

/// Idle files that the kernel watches: in memory, since what the system's temporary folder lies on may not be told of.
@Suite struct FileWatchTests {
    private typealias Line = SourceTaskDriver.Line

    private let folder = TemporaryFolder(in: "/dev/shm")
    private let under: PluginUnderTest
    private let task: SourceTaskDriver

    init() throws {
        under = try #require(
            PluginUnderTest(kafkaConnectEntry(), "org.apache.kafka.connect.file.FileStreamSourceConnector"))
        task = SourceTaskDriver(under)
        #expect(task.created.status == KC_OK)
    }

    private func start() { #expect(task.start(["file": folder.file("in"), "topic": "t"]).status == KC_OK) }

    /// Polls until the file counts as idle and is watched; false if that does not come.
    private func pollUntilWatched() -> Bool { (0..<10).contains { _ in task.pollAll().last.hint == 10_000 } }

    @Test func `an idle file is watched, and a line of it brings a poll at once`() {
        folder.write("in", "one\n")
        start()
        #expect(task.pollAll().lines == [Line("one", 4)])
        #expect(task.pollAll().last.hint <= 200)
        #expect(pollUntilWatched())
        let wakes = under.fake.state.wakes
        folder.write("in", "two\n", append: true)
        #expect(under.fake.waits(for: { $0.wakes > wakes }))
        #expect(task.pollAll().lines == [Line("two", 8)])
        // Written all the time it is not watched, but looked at.
        #expect(task.pollAll().last.hint <= 20)
    }

    @Test func `a file that is watched and renamed is read again at once`() {
        folder.write("in", "one\n")
        start()
        #expect(pollUntilWatched())
        let wakes = under.fake.state.wakes
        #expect(rename(folder.file("in"), folder.file("in.1")) == 0)
        #expect(under.fake.waits(for: { $0.wakes > wakes }))
        // Until another file takes its name, it is looked at instead of watched.
        #expect(task.pollAll().last.hint <= 200)
    }

    @Test func `a stopped task is woken no more`() {
        folder.write("in", "one\n")
        start()
        #expect(pollUntilWatched())
        let wakes = under.fake.state.wakes
        #expect(task.stop().status == KC_OK)
        folder.write("in", "two\n", append: true)
        // A second watch on the same file tells when the change has been dealt with.
        let other = FileWatch.Waiter(wake: { [fake = under.fake] in fake.update { $0.wakes += 100 } })
        #expect(FileWatch.shared?.arm(other, path: folder.file("in")) == true)
        folder.write("in", "three\n", append: true)
        #expect(under.fake.waits(for: { $0.wakes >= 100 }))
        #expect(under.fake.state.wakes == wakes + 100)
    }

    @Test func `a file of which the kernel does not tell all changes is looked at instead`() throws {
        let descriptor = open("/proc/version", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        try #require(descriptor >= 0)
        #expect(!FileWatch.isTold(of: descriptor))
    }

    @Test func `a name tells of each file that gets it, and of no other name`() {
        let other = TemporaryFolder(in: "/dev/shm")
        let waiter = FileWatch.Waiter(wake: { [fake = under.fake] in fake.update { $0.wakes += 1 } })
        let distant = FileWatch.Waiter(wake: { [fake = under.fake] in fake.update { $0.wakes += 100 } })
        #expect(FileWatch.shared?.armName(waiter, path: folder.file("in")) == true)
        #expect(FileWatch.shared?.armName(waiter, path: folder.file("in")) == true)
        #expect(FileWatch.shared?.armName(distant, path: folder.file("other")) == true)
        #expect(FileWatch.shared?.armName(distant, path: other.file("none/in")) == false)
        folder.write("in.new", "1")
        folder.write("in", "1")
        #expect(under.fake.waits(for: { $0.wakes == 1 }))
        #expect(rename(folder.file("in.new"), folder.file("in")) == 0)
        #expect(under.fake.waits(for: { $0.wakes == 2 }))
        #expect(waiter.isWaiting)
        FileWatch.shared?.disarm(waiter)
        #expect(!waiter.isWaiting)
        #expect(unlink(folder.file("in")) == 0)
        folder.write("in", "2")
        folder.write("other", "1")
        #expect(under.fake.waits(for: { $0.wakes == 102 }))
        FileWatch.shared?.disarm(distant)
    }

    @Test func `a name is watched anew once its folder is gone and another is made`() {
        let place = folder.file("sub")
        #expect(mkdir(place, 0o700) == 0)
        let waiter = FileWatch.Waiter(wake: { [fake = under.fake] in fake.update { $0.wakes += 1 } })
        #expect(FileWatch.shared?.armName(waiter, path: "\(place)/in") == true)
        #expect(rmdir(place) == 0)
        // The waiter has to look and to ask again.
        #expect(under.fake.waits(for: { $0.wakes == 1 }) && !waiter.isWaiting)
        #expect(mkdir(place, 0o700) == 0)
        #expect(FileWatch.shared?.armName(waiter, path: "\(place)/in") == true)
        folder.write("sub/in", "1")
        #expect(under.fake.waits(for: { $0.wakes == 2 }))
        FileWatch.shared?.disarm(waiter)
    }
}
