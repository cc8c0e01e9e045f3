import EventLoop
import Glibc
import Synchronization
import Testing

/// A counter or flag that threads raise and tests wait for.
final class Signal: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .acquiring) }

    func raise() { count.add(1, ordering: .acquiringAndReleasing) }

    /// Blocks the calling thread until the signal was raised.
    func wait() { while value == 0 { usleep(100) } }
}

/// Waits until `condition` holds; a test that waits too long has failed.
func eventually(
    _ what: Comment, within seconds: UInt64 = 20, _ condition: () -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let deadline = EventLoop.now() + seconds * 1_000_000_000
    while !condition() {
        guard EventLoop.now() < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        usleep(100)
    }
}

/// Runs `body` on `loop` and waits for what it returns.
func onLoop<Result: Sendable>(_ loop: EventLoop, _ body: @escaping @Sendable () -> Result) -> Result? {
    let result = Mutex<Result?>(nil)
    let done = Signal()
    withExtendedLifetime(loop) {
        loop.execute {
            let value = body()
            result.withLock { $0 = value }
            done.raise()
        }
        eventually("the loop answers") { done.value == 1 }
    }
    return result.withLock { $0 }
}

/// The names of this process's threads that start with `prefix`.
func threadNames(startingWith prefix: String) -> [String] {
    guard let directory = opendir("/proc/self/task") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let id = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard id.first?.isNumber == true, let file = fopen("/proc/self/task/\(id)/comm", "r") else { continue }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, Int32(line.count), file) != nil else { continue }
        let name = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if name.hasPrefix(prefix) { names.append(name) }
    }
    return names
}
