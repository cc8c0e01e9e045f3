import EventLoop
import Glibc
import Synchronization
import Systemd
import Testing

@testable import kafka_connect

@Suite struct ReloadsTests {
    /// What systemd was told, and the reloads that were begun and do not end before the test says so.
    private final class World: Sendable {
        typealias End = @Sendable (ReloadReport) -> Void

        let loop: EventLoop
        let note = ReloadNote()
        private let told = Mutex<[ServiceManager.Notification]>([])
        private let begun = Mutex<[(progress: ReloadProgress, end: End)]>([])

        init() throws { loop = try EventLoop(name: "test-reloads") }
        deinit { loop.stop() }

        var notifications: [ServiceManager.Notification] { told.withLock { $0 } }
        var reloads: [(progress: ReloadProgress, end: End)] { begun.withLock { $0 } }

        func make(patience: UInt64) -> Reloads {
            Reloads(
                Reloads.Parts(
                    loop: loop, note: note, patience: patience,
                    reload: { progress, end in self.begun.withLock { $0.append((progress, end)) } }, statusChanged: {},
                    notify: { text in self.told.withLock { $0.append(text) } }))
        }

        func onLoop(_ body: @escaping @Sendable () -> Void) { loop.execute(body) }
    }

    private func eventually(_ what: Comment, _ holds: () -> Bool) {
        for _ in 0..<20_000 {
            if holds() { return }
            usleep(500)
        }
        Issue.record(what)
    }

    @Test func `a reload that a connector holds up is over for systemd within its time, and tells who it waits for`()
        throws
    {
        let world = try World()
        let reloads = world.make(patience: 20_000_000)
        world.onLoop {
            reloads.started()
            reloads.wanted()
        }
        eventually("it begins") { world.reloads.count == 1 }
        for name in ["quick", "stuck", "stuck"] { world.reloads.first?.progress.begin(name) }
        world.reloads.first?.progress.end("quick")
        eventually("systemd is told that it is over") { world.notifications == [.ready, .reloading, .ready] }
        #expect(world.note.text?.hasPrefix("reload goes on since ") == true)
        #expect(world.note.text?.hasSuffix("still busy: the connector stuck") == true)
        // It ends after all: READY was told already, and STATUS says what came of it.
        world.reloads.first?.end(ReloadReport(failures: 1))
        eventually("the note is the last word") { world.note.text?.hasSuffix(": 1 failure") == true }
        #expect(world.notifications == [.ready, .reloading, .ready])
    }

    @Test func `what ends late leaves the reload alone that has begun since`() throws {
        let world = try World()
        let reloads = world.make(patience: 30_000_000)
        world.onLoop {
            reloads.started()
            reloads.wanted()
            reloads.wanted()
        }
        eventually("the second follows the first, which is given up") { world.reloads.count == 2 }
        world.reloads.first?.end(ReloadReport(failures: 7))
        world.reloads.last?.end(ReloadReport(failures: 2))
        eventually("both are over") { world.note.text?.hasSuffix(": 2 failures") == true }
        #expect(world.notifications == [.ready, .reloading, .ready, .reloading, .ready])
    }

    @Test func `one that ends in time is not called slow`() throws {
        let world = try World()
        let reloads = world.make(patience: 50_000_000)
        world.onLoop {
            reloads.started()
            reloads.wanted()
        }
        eventually("it begins") { world.reloads.count == 1 }
        world.reloads.first?.end(ReloadReport())
        eventually("it is over") { world.notifications == [.ready, .reloading, .ready] }
        usleep(80_000)
        #expect(world.notifications.count == 3)
        #expect(world.note.text?.hasSuffix(": nothing changed") == true)
    }
}

@Suite struct ReloadProgressTests {
    @Test func `it names what is read, or the connectors that are busy`() {
        let progress = ReloadProgress()
        #expect(progress.text == "the worker's file")
        progress.read("the plugin folders")
        #expect(progress.text == "the plugin folders" && progress.busy == [])
        for name in ["b", "a", "a"] { progress.begin(name) }
        #expect(progress.text == "the connectors a, b")
        progress.end("a")
        #expect(progress.busy == ["a", "b"], "its other part is still busy")
        progress.end("a")
        #expect(progress.text == "the connector b")
        for number in 0..<30 { progress.begin("c\(100 + number)") }
        #expect(progress.text.hasSuffix("c118, and 11 more"))
    }
}
