import ConnectABI
import Glibc

/// What a call answered.
struct Answer {
    let status: kc_status
    let text: String
    /// Seconds after which to call again; 0: the host chooses.
    let hint: Double

    var isOK: Bool { status == KC_OK }
    /// The same call may be made again.
    var isForLater: Bool { status == KC_RETRIABLE || status == KC_WOULD_BLOCK }
    var isFatal: Bool { !isOK && !isForLater }

    /// The status by its name, with the text.
    var described: String {
        let names = [KC_OK: "KC_OK", KC_RETRIABLE: "KC_RETRIABLE", KC_WOULD_BLOCK: "KC_WOULD_BLOCK"]
        let name = names[Int(status)] ?? "KC_FATAL"
        return text.isEmpty ? name : "\(name): \(text)"
    }
}

/// What connectors and tasks have in common: an instance of the library, called as a host calls it and looked at after each call.
///
/// Confined to one thread at a time.
class Instance {
    /// The functions that all kinds have.
    struct Functions {
        let create:
            (
                @convention(c) (
                    UnsafePointer<kc_class>?, UnsafePointer<kc_host>?, OpaquePointer?,
                    UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<kc_reply>?
                ) -> kc_status
            )?
        let start:
            (
                @convention(c) (
                    UnsafeMutableRawPointer?, UnsafePointer<kc_config>?, UnsafeMutablePointer<kc_reply>?
                ) -> kc_status
            )?
        let stop: (@convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<kc_reply>?) -> kc_status)?
        let interrupt: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
        let destroy: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
    }

    let bench: Bench
    let context: HostContext
    let reply: GuardedReply
    private let common: Functions
    private(set) var handle: UnsafeMutableRawPointer?

    var session: Session { bench.session }
    var kind: String { context.kind.rawValue }

    /// Makes an instance. Without a handle afterwards where that failed.
    init(_ bench: Bench, _ common: Functions, _ context: HostContext) {
        self.bench = bench
        self.common = common
        self.context = context
        reply = GuardedReply(context.shape)
        let before = ProcessState.entries("/proc/self/task").count
        var made: UnsafeMutableRawPointer?
        let answer = run("create") { [bench] in
            common.create?(bench.kcClass, bench.host, context.pointer, &made, $0) ?? kc_status(KC_FATAL)
        }
        if answer.isOK, made == nil { session.problem("\(kind): create answers KC_OK and sets no handle") }
        if !answer.isOK {
            session.problem("\(kind): create failed: \(answer.text)")
            if made != nil { session.problem("\(kind): create fails and sets a handle, which nobody frees") }
            made = nil
        }
        if ProcessState.entries("/proc/self/task").count > before {
            session.problem("\(kind): create starts a thread: leave that to start")
        }
        handle = made
    }

    /// Makes a call, looks at its reply, and takes away what was lent for it.
    ///
    /// - Parameter lent: memory that was filled before, and can only be read during the call.
    @discardableResult
    func run(
        _ call: String, lent: [LentMemory] = [], _ body: (UnsafeMutablePointer<kc_reply>) -> kc_status
    ) -> Answer {
        for memory in lent { memory.seal() }
        let fresh = reply.fresh()
        context.enter()
        let status = session.call("\(call) of the \(kind)", interrupt: interruption) { body(fresh) }
        context.leave()
        for memory in lent { memory.retire() }
        for problem in reply.problems(status) { session.problem("\(kind): \(call) \(problem)") }
        return Answer(status: status, text: reply.message, hint: reply.hint)
    }

    /// Makes a call again for as long as it asks for that, as a worker does: not before its hint has passed.
    ///
    /// - Parameter most: how often it is made in all.
    /// - Returns: the last answer; one that is for later still where that went on for too long.
    func repeated(_ call: String, most: Int = 20, _ once: () -> Answer) -> Answer {
        var answer = once()
        var (tries, pause) = (1, 0.01)
        while answer.isForLater, tries < most, !session.hasProblems {
            // The sink's own wish stands in for the hint, once.
            let wait = context.takeRetryTimeout() ?? max(answer.hint, pause)
            guard session.wait(wait, for: "\(call) of the \(kind)") else { return answer }
            tries += 1
            pause = min(pause * 2, 0.25)
            answer = once()
        }
        return answer
    }

    /// Has the call under way return, from any thread.
    var interruption: (@Sendable () -> Void)? {
        guard let interrupt = common.interrupt, let handle else { return nil }
        let address = UInt(bitPattern: handle)
        return { interrupt(UnsafeMutableRawPointer(bitPattern: address)) }
    }

    /// Interrupts it while none of its calls is under way, where it can be.
    ///
    /// - Parameter moment: when that is, to follow "interrupt of the task".
    func interrupt(_ moment: String) {
        guard let interruption else { return }
        session.call("interrupt of the \(kind) \(moment)") { interruption() }
    }

    func memory(_ what: String) -> LentMemory { LentMemory("what \(what) of the \(kind) was lent", context.shape) }

    func start(_ config: [ConfigPair]) -> Answer {
        let memory = memory("start")
        let lent = memory.config(config)
        return run("start", lent: [memory]) { [common, handle] in
            common.start?(handle, lent, $0) ?? kc_status(KC_FATAL)
        }
    }

    @discardableResult
    func stop() -> Answer {
        let answer = run("stop") { [common, handle] in common.stop?(handle, $0) ?? kc_status(KC_FATAL) }
        if !answer.isOK { session.problem("\(kind): stop failed: \(answer.text)") }
        return answer
    }

    func destroy() {
        guard let handle else { return }
        self.handle = nil
        context.enter()
        session.call("destroy of the \(kind)") { [common] in common.destroy?(handle) }
        context.leave()
        context.destroyed()
    }
}

/// A key of a configuration with its text.
struct ConfigPair: Sendable, Equatable {
    let key: String
    var value: String
}

extension LentMemory {
    func config(_ pairs: [ConfigPair]) -> UnsafePointer<kc_config> {
        let table = table(pairs.map { kc_pair(key: string($0.key), value: string($0.value)) })
        return UnsafePointer(store(kc_config(pairs: table)))
    }
}
