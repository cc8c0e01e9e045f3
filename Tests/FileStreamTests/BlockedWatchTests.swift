import ConnectABI
import Glibc
import PluginTestKit
import Synchronization
import Testing

@testable import FileStream

/// What blocks one who watches files keeps no other from being woken.
@Suite struct BlockedWatchTests {
    /// A look that lasts until the test lets it go.
    private final class Gate: Sendable {
        private let state = Mutex((begun: 0, isOpen: false))

        func pass() -> Bool {
            state.withLock { $0.begun += 1 }
            while !state.withLock({ $0.isOpen }) { usleep(200) }
            return true
        }

        func open() { state.withLock { $0.isOpen = true } }

        /// Waits until so many have come.
        func isReached(by count: Int) -> Bool {
            for _ in 0..<50_000 {
                if state.withLock({ $0.begun }) == count { return true }
                usleep(200)
            }
            return false
        }
    }

    // In memory, where the kernel tells of changes.
    private let folder = TemporaryFolder(in: "/dev/shm")
    private let fake = FakeHost()
    private let watch: FileWatch

    init() throws { watch = try #require(FileWatch.shared) }

    private func change(_ name: String) { folder.write(name, "x\n", append: true) }

    @Test(arguments: [1, 5]) func `waiters that block do not stop another's wake-up`(count: Int) {
        let gate = Gate()
        let blocked = (0..<count).map { number in
            FileWatch.Waiter(look: { gate.pass() }, wake: { [fake] in fake.update { $0.wakes += 100 } })
        }
        for (number, waiter) in blocked.enumerated() {
            change("in.\(number)")
            #expect(watch.arm(waiter, path: folder.file("in.\(number)")))
        }
        change("other")
        let other = FileWatch.Waiter(wake: { [fake] in fake.update { $0.wakes += 1 } })
        #expect(watch.arm(other, path: folder.file("other")))
        for number in 0..<count { change("in.\(number)") }
        change("other")
        #expect(fake.waits(for: { $0.wakes == 1 }))
        #expect(gate.isReached(by: count))
        gate.open()
        #expect(fake.waits(for: { $0.wakes == 1 + 100 * count }))
    }

    @Test func `one that is disarmed while its look blocks is not waited for, nor woken`() {
        let gate = Gate()
        let waiter = FileWatch.Waiter(look: { gate.pass() }, wake: { [fake] in fake.update { $0.wakes += 100 } })
        change("in")
        #expect(watch.arm(waiter, path: folder.file("in")))
        change("in")
        #expect(gate.isReached(by: 1))
        watch.disarm(waiter)
        gate.open()
        // Another call could be queued: the one that was under way is over.
        #expect((0..<50_000).contains { _ in waiter.changed() || usleep(200) != 0 })
        #expect(fake.state.wakes == 0)
    }

    @Test func `what changes while a waiter looks is looked at again`() {
        let gate = Gate()
        let waiter = FileWatch.Waiter(look: { gate.pass() }, wake: { [fake] in fake.update { $0.wakes += 1 } })
        #expect(watch.armName(waiter, path: folder.file("in")))
        change("in")
        #expect(gate.isReached(by: 1))
        #expect(unlink(folder.file("in")) == 0)
        change("in")
        change("last")
        let last = FileWatch.Waiter(wake: { [fake] in fake.update { $0.wakes += 100 } })
        #expect(watch.arm(last, path: folder.file("last")))
        change("last")
        // All that came before has been told by then.
        #expect(fake.waits(for: { $0.wakes == 100 }))
        gate.open()
        #expect(fake.waits(for: { $0.wakes == 102 }))
        watch.disarm(waiter)
    }

    @Test(.enabled(if: HungMount.missing == nil, "\(HungMount.missing ?? "")"))
    func `a link that is turned to a mount that hangs stops neither others nor its own task`() throws {
        let hung = try #require(HungMount())
        let (turned, other) = (try FollowedFile("turned"), try FollowedFile("other"))
        #expect(rename(turned.path, turned.folder.file("in.1")) == 0)
        #expect(symlink(hung.file, turned.path) == 0)
        #expect(hung.isLookedInto())
        let wakes = other.under.fake.state.wakes
        other.folder.write("in", "two\n", append: true)
        let isWoken = other.under.fake.waits(for: { $0.wakes > wakes })
        // Where that is not so, nothing else would come back either.
        if !isWoken { hung.release() }
        try #require(isWoken)
        #expect(other.task.pollAll().lines.map(\.offset) == [8])
        turned.folder.write("in.1", "two\n", append: true)
        #expect(turned.task.pollAll().lines.map(\.offset) == [8])
        #expect(turned.task.stop().status == KC_OK)
        turned.task.destroy()
        hung.release()
    }
}

/// A file with a line, and a task that has read it and waits for the kernel's word.
private final class FollowedFile {
    let folder = TemporaryFolder(in: "/dev/shm")
    let under: PluginUnderTest
    let task: SourceTaskDriver
    var path: String { folder.file("in") }

    init(_ topic: String) throws {
        under = try #require(
            PluginUnderTest(kafkaConnectEntry(), "org.apache.kafka.connect.file.FileStreamSourceConnector"))
        task = SourceTaskDriver(under)
        folder.write("in", "one\n")
        #expect(task.start(["file": path, "topic": topic]).status == KC_OK)
        #expect((0..<10).contains { _ in task.pollAll().last.hint == 10_000 })
    }
}
