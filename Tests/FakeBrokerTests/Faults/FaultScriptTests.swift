import Testing

@testable import FakeBroker

struct FaultScriptTests {
    private static let produce: Int16 = 0
    private static let fetch: Int16 = 1

    private func script(_ texts: String...) throws -> FaultScript {
        FaultScript(try texts.map { (text) throws(FaultError) in try Fault(text) })
    }

    /// Which of `count` requests meet a fault, from 1 on.
    private func met(_ text: String, of count: Int) throws -> [Int] {
        var script = try script(text)
        return (1...count).filter { _ in script.next(apiKey: Self.produce, client: "me", topics: ["orders"]) != nil }
    }

    @Test func `after, every and count choose requests`() throws {
        #expect(try met("Produce:cut", of: 3) == [1, 2, 3])
        #expect(try met("Produce:cut,count=2", of: 5) == [1, 2])
        #expect(try met("Produce:cut,after=3,count=1", of: 9) == [4])
        #expect(try met("Produce:cut,every=3", of: 10) == [3, 6, 9])
        #expect(try met("Produce:cut,after=1,every=3,count=2", of: 20) == [4, 7])
    }

    @Test func `topic and client choose what counts`() throws {
        #expect(try met("Produce:cut,topic=orders", of: 1) == [1])
        #expect(try met("Produce:cut,topic=others", of: 1) == [])
        #expect(try met("Produce:cut,client=me", of: 1) == [1])
        #expect(try met("*:cut,client=you", of: 1) == [])
        #expect(try met("Fetch:cut", of: 1) == [])
    }

    @Test func `every fault counts each request, and the first that is due is taken`() throws {
        var script = try script("Produce:hang,count=1", "*:cut,after=2")
        let first = script.next(apiKey: Self.produce, client: nil, topics: [])
        let second = script.next(apiKey: Self.fetch, client: nil, topics: [])
        let third = script.next(apiKey: Self.produce, client: nil, topics: [])
        #expect(first?.action == .hang && second == nil && third?.action == .cut)
    }

    @Test func `topics are asked for only where a fault goes by them`() throws {
        let script = try script("Fetch:cut,topic=orders", "Produce:cut")
        #expect(script.looksIntoRequests(of: Self.fetch) && !script.looksIntoRequests(of: Self.produce))
    }
}
