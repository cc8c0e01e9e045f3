import ConnectModel

/// What the worker is doing, among all that goes on at the same time: the newest stage under way, or else the last one that
/// was completed. Confined to the herder's loop.
struct StageBook {
    /// A stage under way.
    struct Token: Equatable {
        fileprivate let number: UInt64
    }

    /// The newest last.
    private var running: [(number: UInt64, stage: Stage)] = []
    private var last: Stage?
    private var next: UInt64 = 0

    /// The stage that time-outs and `/health` name.
    var current: Stage? { running.last?.stage ?? last }

    /// All stages under way, the newest last.
    var underWay: [Stage] { running.map(\.stage) }

    /// Notes that something begins.
    ///
    /// - Parameters:
    ///   - connector: whom it is for; nil for the whole worker.
    ///   - now: milliseconds since 1970.
    mutating func begin(_ description: String, connector: String? = nil, now: Int64) -> Token {
        defer { next += 1 }
        running.append((next, Stage(description: description, began: now, connector: connector)))
        return Token(number: next)
    }

    /// Notes that it is through. A token that has ended before is ignored.
    mutating func end(_ token: Token, now: Int64) {
        guard let index = running.firstIndex(where: { $0.number == token.number }) else { return }
        let stage = running.remove(at: index).stage
        last = Stage(description: stage.description, began: stage.began, completed: now, connector: stage.connector)
    }
}
