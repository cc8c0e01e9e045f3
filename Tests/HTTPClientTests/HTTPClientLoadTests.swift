import Glibc
import Synchronization
import Testing

@testable import HTTPClient
@testable import HTTPServer

/// Many requests, connections that are kept, and the end.
struct HTTPClientLoadTests {
    @Test func `a connection is used again`() async throws {
        let server = try OneConnectionServer()
        let client = HTTPClient()
        for _ in 0..<3 {
            #expect(try await client.outcome(of: .get(server.base)).get().text == "hi")
        }
        client.close()
        server.join()
    }

    @Test func `beyond the limit requests wait for their turn, and no longer than their time`() async throws {
        let held = Held()
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], handler: held.handler)
        let base = "http://127.0.0.1:\(server.addresses[0].port)"
        let client = HTTPClient(limits: ClientLimits(inFlight: 1))
        let order = Mutex<[String]>([])
        async let first: Void = withCheckedContinuation { continuation in
            client.send(.get(base + "/hold", time: .milliseconds(300))) { outcome in
                order.withLock { $0.append("first \(Self.kind(outcome))") }
                continuation.resume()
            }
            client.send(.get(base + "/late", time: .milliseconds(20))) { outcome in
                order.withLock { $0.append("late \(Self.kind(outcome))") }
            }
        }
        await held.arrived("/hold")
        let next = await client.outcome(of: .get(base + "/echo", time: .seconds(600)))
        order.withLock { $0.append("next \(Self.kind(next))") }
        await first
        #expect(order.withLock { $0 } == ["late timedOut", "first timedOut", "next answered"])
        #expect(held.paths == ["/hold", "/echo"])
        client.close()
        held.release()
        server.stop(answering: .text(503, ""), within: .zero)
    }

    @Test func `a server that does not answer holds up requests to no other one`() async throws {
        let held = Held()
        let silent = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], handler: held.handler)
        let other = try HTTPServer(
            listeners: [.network(host: "127.0.0.1", port: 0)], handler: { $1.answer(.text(200, "well")) })
        let client = HTTPClient(limits: ClientLimits(inFlight: 2))
        let hanging = "http://127.0.0.1:\(silent.addresses[0].port)/hold"
        for number in 0..<5 { client.send(.get("\(hanging)/\(number)?a=/b")) { _ in } }
        await held.arrived("/hold/0")
        await held.arrived("/hold/1")
        let answer = await client.outcome(
            of: .get("http://127.0.0.1:\(other.addresses[0].port)?x", time: .seconds(600)))
        #expect((try? answer.get().text) == "well")
        #expect(held.paths.count == 2)
        client.close()
        held.release()
        silent.stop(answering: .text(503, ""), within: .zero)
        other.stop(answering: .text(503, ""), within: .zero)
    }

    @Test func `requests that wait for other servers leave connections for what needs none`() {
        // Near its limit a server closes idle connections, from seven eighths on.
        #expect(ClientLimits().accepted < HTTPLimits().connections / 8 * 7)
    }

    @Test func `more requests than are accepted are refused at once`() async throws {
        let held = Held()
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], handler: held.handler)
        let base = "http://127.0.0.1:\(server.addresses[0].port)"
        let client = HTTPClient(limits: ClientLimits(accepted: 1))
        let outcome = Mutex<String?>(nil)
        client.send(.get(base + "/hold")) { result in outcome.withLock { $0 = Self.kind(result) } }
        await held.arrived("/hold")
        let refused = Mutex<String?>(nil)
        client.send(.get(base + "/echo")) { result in refused.withLock { $0 = Self.kind(result) } }
        #expect(refused.withLock { $0 } == "overloaded")
        held.release()
        client.close()
        #expect(outcome.withLock { $0 } != nil)
        server.stop(answering: .text(503, ""), within: .zero)
    }

    @Test func `closing cancels what is under way and refuses what comes`() async throws {
        let held = Held()
        let server = try HTTPServer(listeners: [.network(host: "127.0.0.1", port: 0)], handler: held.handler)
        let base = "http://127.0.0.1:\(server.addresses[0].port)"
        let client = HTTPClient(limits: ClientLimits(inFlight: 1))
        let outcomes = Mutex<[String]>([])
        for _ in 0..<2 {
            client.send(.get(base + "/hold")) { outcome in outcomes.withLock { $0.append(Self.kind(outcome)) } }
        }
        await held.arrived("/hold")
        client.close()
        #expect(outcomes.withLock { $0 } == ["closed", "closed"])
        #expect(await client.error(of: .get(base))?.kind == .closed)
        client.close()
        held.release()
        server.stop(answering: .text(503, ""), within: .zero)
    }

    @Test func `a client may be closed by its own completion`() async throws {
        let server = try HTTPServer(
            listeners: [.network(host: "127.0.0.1", port: 0)], handler: { $1.answer(.text(200, "")) })
        let client = HTTPClient()
        await withCheckedContinuation { continuation in
            client.send(.get("http://127.0.0.1:\(server.addresses[0].port)")) { _ in
                client.close()
                continuation.resume()
            }
        }
        server.stop(answering: .text(503, ""), within: .zero)
    }

    @Test func `hundreds of requests at once are all answered`() async throws {
        let server = try HTTPServer(
            listeners: [.network(host: "127.0.0.1", port: 0)],
            handler: { $1.answer(.text(200, $0.target.path)) })
        let base = "http://127.0.0.1:\(server.addresses[0].port)"
        let client = HTTPClient(limits: ClientLimits(inFlight: 8))
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask {
                    (try? await client.outcome(of: .get(base + "/\(number)")).get().text) == "/\(number)"
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        client.close()
        server.stop(answering: .text(503, ""), within: .zero)
    }

    private static func kind(_ outcome: Result<ClientResponse, HTTPClientError>) -> String {
        switch outcome {
        case .success: "answered"
        case .failure(let error): "\(error.kind)"
        }
    }
}
