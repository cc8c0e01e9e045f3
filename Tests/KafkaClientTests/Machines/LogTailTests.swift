import Testing

@testable import KafkaClient

@Suite struct LogTailTests {
    private let first = MetadataSnapshot.TopicID(high: 1, low: 1)
    private let second = MetadataSnapshot.TopicID(high: 2, low: 2)
    private let pause = Backoff(initial: 100, maximum: 100)

    /// A machine that reads so many partitions, each found to begin at 0.
    private func reading(_ count: Int) -> LogTail {
        var tail = LogTail(backoff: pause, seed: 1)
        tail.topicSeen(id: first, partitionCount: count, now: 0)
        #expect(tail.step(now: 0) == [.read(Array(repeating: nil, count: count))])
        for partition in 0..<Int32(count) { tail.began(partition, at: 0) }
        return tail
    }

    /// Asks for the end and answers.
    private func ask(_ tail: inout LogTail, _ id: UInt64, ends: [Int64], now: UInt64 = 1) -> [LogTail.Action] {
        tail.endWanted(id)
        return answer(&tail, tail.step(now: now), ends: ends, now: now)
    }

    private func answer(
        _ tail: inout LogTail, _ asked: [LogTail.Action], ends: [Int64], now: UInt64 = 1
    ) -> [LogTail.Action] {
        guard case .askEnds(let token, let count)? = asked.first else {
            Issue.record("no question: \(asked)")
            return []
        }
        #expect(count == ends.count)
        return tail.endsAnswered(token: token, .success(ends), now: now) + tail.step(now: now)
    }

    @Test func `nothing is done before the topic is seen`() {
        var tail = LogTail(backoff: pause, seed: 1)
        tail.endWanted(1)
        #expect(tail.step(now: 5).isEmpty)
        #expect(tail.nextDeadline == nil)
    }

    @Test func `the end is reached when every partition has been read to where the leaders said`() {
        var tail = reading(2)
        #expect(ask(&tail, 7, ends: [3, 1]).isEmpty)
        tail.read(0, upTo: 3)
        #expect(tail.step(now: 2).isEmpty)
        tail.read(1, upTo: 1)
        #expect(tail.step(now: 3) == [.reached([7])])
        #expect(tail.step(now: 4).isEmpty)
    }

    @Test func `an empty partition counts only once its beginning is known`() {
        var tail = LogTail(backoff: pause, seed: 1)
        tail.topicSeen(id: first, partitionCount: 1, now: 0)
        _ = tail.step(now: 0)
        #expect(ask(&tail, 7, ends: [0]).isEmpty)
        tail.began(0, at: 0)
        #expect(tail.step(now: 2) == [.reached([7])])
    }

    @Test func `whoever asks while a question is under way waits for the next one`() {
        var tail = reading(1)
        tail.endWanted(1)
        let asked = tail.step(now: 1)
        tail.endWanted(2)
        #expect(tail.step(now: 2).isEmpty)
        let next = answer(&tail, asked, ends: [0], now: 3)
        #expect(next.first == .reached([1]))
        #expect(answer(&tail, Array(next.dropFirst()), ends: [5], now: 4).isEmpty)
        tail.read(0, upTo: 5)
        #expect(tail.step(now: 5) == [.reached([2])])
    }

    @Test func `an end that cannot be told now is asked for again after a pause`() {
        var tail = reading(1)
        tail.endWanted(1)
        guard case .askEnds(let token, _)? = tail.step(now: 1).first else { return #expect(Bool(false)) }
        let error = ClientError(.broker, .retriable, "no leader", brokerCode: 5)
        #expect(tail.endsAnswered(token: token, .failure(error), now: 10).isEmpty)
        #expect(tail.step(now: 10).isEmpty)
        let due = tail.nextDeadline ?? 0
        #expect(due > 10 + 50)
        #expect(answer(&tail, tail.step(now: due), ends: [0], now: due) == [.reached([1])])
    }

    @Test func `an end that will never be told fails the questions`() {
        var tail = reading(1)
        tail.endWanted(1)
        guard case .askEnds(let token, _)? = tail.step(now: 1).first else { return #expect(Bool(false)) }
        let error = ClientError(.broker, .authorization, "no right", brokerCode: 29)
        #expect(tail.endsAnswered(token: token, .failure(error), now: 10) == [.failed([1], error)])
    }

    @Test func `an answer to no question is passed over`() {
        var tail = reading(1)
        #expect(tail.endsAnswered(token: 99, .success([5]), now: 1).isEmpty)
        #expect(ask(&tail, 1, ends: [0]) == [.reached([1])])
    }

    @Test func `an end before what was read already says that the log was cut, and it is read anew`() {
        var tail = reading(2)
        tail.read(0, upTo: 100)
        tail.read(1, upTo: 4)
        #expect(ask(&tail, 1, ends: [5, 4]) == [.madeAnew, .read([nil, 4])])
        tail.began(0, at: 0)
        #expect(tail.step(now: 2).isEmpty)
        tail.read(0, upTo: 5)
        #expect(tail.step(now: 3) == [.reached([1])])
    }

    @Test func `records that came while the question was under way are no sign of a cut`() {
        var tail = reading(1)
        tail.endWanted(1)
        let asked = tail.step(now: 1)
        tail.read(0, upTo: 9)
        #expect(answer(&tail, asked, ends: [5]) == [.reached([1])])
    }

    @Test func `a topic made anew is read from its beginning and its end asked for again`() {
        var tail = reading(1)
        tail.read(0, upTo: 3)
        #expect(ask(&tail, 1, ends: [5]).isEmpty)
        tail.topicSeen(id: second, partitionCount: 1, now: 2)
        let actions = tail.step(now: 2)
        #expect(actions.prefix(2) == [.madeAnew, .read([nil])])
        tail.began(0, at: 0)
        #expect(answer(&tail, Array(actions.dropFirst(2)), ends: [0], now: 2) == [.reached([1])])
    }

    @Test func `a reader that goes on below what was read tells of a cut, once for each`() {
        var tail = reading(2)
        tail.goesOn(0, at: 0)
        tail.read(0, upTo: 9)
        tail.goesOn(0, at: 9)
        #expect(tail.step(now: 1).isEmpty)
        tail.goesOn(0, at: 0)
        tail.read(0, upTo: 2)
        #expect(tail.step(now: 2) == [.madeAnew])
        #expect(tail.step(now: 3).isEmpty)
        tail.goesOn(0, at: 2)
        #expect(tail.step(now: 4).isEmpty)
    }

    @Test func `a topic that is seen for the first time, or has no id, was not made anew`() {
        var tail = LogTail(backoff: pause, seed: 1)
        tail.topicSeen(id: .none, partitionCount: 1, now: 0)
        #expect(tail.step(now: 0) == [.read([nil])])
        tail.topicSeen(id: first, partitionCount: 1, now: 1)
        tail.topicSeen(id: .none, partitionCount: 1, now: 2)
        #expect(tail.step(now: 2).isEmpty)
    }

    @Test func `partitions that are added are read from their beginning, the others go on`() {
        var tail = reading(1)
        tail.read(0, upTo: 3)
        tail.topicSeen(id: first, partitionCount: 2, now: 2)
        #expect(tail.step(now: 2) == [.read([3, nil])])
        tail.topicSeen(id: first, partitionCount: 2, now: 3)
        #expect(tail.step(now: 3).isEmpty)
    }

    @Test func `damaged data is read again a few times and then passed over`() {
        var tail = reading(1)
        var now: UInt64 = 1
        for _ in 0..<LogTail.damageLimit {
            tail.read(0, upTo: 6)
            #expect(tail.damaged(0, at: 6, behind: 9, now: now) == false)
            #expect(tail.step(now: now).isEmpty)
            now = tail.nextDeadline ?? 0
            #expect(tail.step(now: now) == [.read([6])])
        }
        tail.read(0, upTo: 6)
        #expect(tail.damaged(0, at: 6, behind: 9, now: now) == true)
        now = tail.nextDeadline ?? 0
        #expect(tail.step(now: now) == [.read([9])])
    }

    @Test func `data that was damaged on the way only is not passed over later`() {
        var tail = reading(1)
        #expect(tail.damaged(0, at: 6, behind: 9, now: 1) == false)
        tail.read(0, upTo: 9)
        for _ in 0..<LogTail.damageLimit { #expect(tail.damaged(0, at: 9, behind: 12, now: 1) == false) }
    }

    @Test func `a reader that fails is made anew after a pause, where it stood`() {
        var tail = reading(2)
        tail.read(0, upTo: 4)
        tail.readerFailed(now: 10)
        #expect(tail.step(now: 10).isEmpty)
        #expect(tail.step(now: tail.nextDeadline ?? 0) == [.read([4, 0])])
    }
}
