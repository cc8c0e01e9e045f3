import CConformance
import Glibc
import Synchronization

/// What the process of a check tells the one that started it: calls as they begin and end, problems as they are found.
///
/// Thread-safe. Every line is written at once, so that nothing is lost when the library takes the process down.
final class Session: Sendable {
    /// Where the lines go.
    static let reportDescriptor: Int32 = 3
    /// A check that finds more than this stops telling.
    private static let mostProblems = 8
    /// Seconds that a check waits in all for calls that want to be made again later.
    private static let longestWait = 100.0
    /// Seconds that it looks for a sign that may end a wait which would take too long.
    private static let longestWaitForSign = 10.0

    private struct State {
        var nextCall = 0
        var problems: Set<String> = []
        var waited = 0.0
        var isOutOfTime = false
    }

    private let state = Mutex(State())
    private let interrupter: Interrupter

    /// - Parameter patience: seconds after which a call is interrupted.
    init(patience: Double) { interrupter = Interrupter(patience: patience) }

    /// Makes a call that is named when it crashes or does not return.
    ///
    /// - Parameter interrupt: has it return soon; called from another thread when it takes long.
    func call<Answer>(
        _ name: String, interrupt: (@Sendable () -> Void)? = nil, _ body: () -> Answer
    ) -> Answer {
        let number = begin(name)
        let flight = interrupt.map { interrupt in
            interrupter.add { [self] in
                let own = begin("interrupt during \(name)")
                interrupt()
                end(own)
            }
        }
        defer {
            if let flight { interrupter.remove(flight) }
            end(number)
        }
        return body()
    }

    private func begin(_ name: String) -> Int {
        let number = state.withLock { state in
            state.nextCall += 1
            return state.nextCall
        }
        line(">", "\(number) \(name)")
        return number
    }

    private func end(_ number: Int) { line("<", "\(number)") }

    /// Something that breaks a rule.
    func problem(_ text: String) {
        let isNew = state.withLock { state in
            state.problems.count < Self.mostProblems && state.problems.insert(text).inserted
        }
        if isNew { line("-", text) }
    }

    var hasProblems: Bool { state.withLock { !$0.problems.isEmpty } }

    /// Waits because a call wants to be made again later; false, and the check is skipped, where that would take too long.
    ///
    /// - Parameter sign: whether the wait is over before its time.
    func wait(_ seconds: Double, for call: String, until sign: (() -> Bool)? = nil) -> Bool {
        guard !isOutOfTime else { return false }
        let isTooLong = state.withLock { $0.waited + seconds > Self.longestWait }
        let began = Monotonic.seconds()
        let isOver = sleep(isTooLong ? (sign == nil ? 0 : Self.longestWaitForSign) : seconds, until: sign) || !isTooLong
        state.withLock { state in
            state.waited += Monotonic.seconds() - began
            state.isOutOfTime = !isOver
        }
        if !isOver { skip("\(call) wants to be called again after \(seconds.short) s: longer than a check waits") }
        return isOver
    }

    /// - Returns: whether there was a sign.
    private func sleep(_ seconds: Double, until sign: (() -> Bool)?) -> Bool {
        guard let sign else {
            Monotonic.sleep(seconds)
            return false
        }
        let end = Monotonic.seconds() + seconds
        repeat {
            Monotonic.sleep(min(0.01, seconds))
            if sign() { return true }
        } while Monotonic.seconds() < end
        return false
    }

    /// Whether ``wait(_:for:)`` has given up.
    var isOutOfTime: Bool { state.withLock { $0.isOutOfTime } }

    /// Something worth knowing that breaks no rule.
    func note(_ text: String) { line("+", text) }

    func skip(_ reason: String) { line("~", reason) }

    func misused(_ reason: String) { line("?", reason) }

    func kind(isSource: Bool) { line("@", isSource ? "source" : "sink") }

    func complete() { line("=", "") }

    private func line(_ mark: String, _ text: String) {
        let oneLine = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        Output.write("\(mark) \(oneLine)\n", to: Self.reportDescriptor)
    }
}

/// Interrupts calls that take long, as a worker does: half way to the time when it gives them up.
///
/// Thread-safe, with a thread of its own from the beginning on.
final class Interrupter: Sendable {
    private struct Flight {
        let number: Int
        let until: Double
        var interrupt: (@Sendable () -> Void)?
    }

    private struct State {
        var next = 0
        var flights: [Flight] = []
    }

    private let patience: Double
    private let state = Mutex(State())

    init(patience: Double) {
        self.patience = patience
        Thread.start { [self] in
            while true {
                usleep(20_000)
                tick()
            }
        }
    }

    func add(_ interrupt: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.next += 1
            state.flights.append(
                Flight(number: state.next, until: Monotonic.seconds() + patience, interrupt: interrupt))
            return state.next
        }
    }

    /// Waits for an interruption that is under way: the instance must not be freed under it.
    func remove(_ number: Int) { state.withLock { $0.flights.removeAll { $0.number == number } } }

    private func tick() {
        let now = Monotonic.seconds()
        state.withLock { state in
            for index in state.flights.indices where state.flights[index].until < now {
                state.flights[index].interrupt?()
                state.flights[index].interrupt = nil
            }
        }
    }
}

/// Threads of the checker's own.
enum Thread {
    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// A running thread.
    struct Handle: @unchecked Sendable {
        // Guard of the unchecked conformance: a number that never changes.
        fileprivate let thread: pthread_t

        /// Waits for its end.
        func join() { pthread_join(thread, nil) }
    }

    @discardableResult
    static func start(_ run: @escaping @Sendable () -> Void) -> Handle {
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(run)).toOpaque()
        pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, body)
        return Handle(thread: thread)
    }
}
