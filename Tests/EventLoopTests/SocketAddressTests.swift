import Synchronization
import Testing

@testable import EventLoop

struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:9092"), ("::1", "[::1]:9092"), ("2001:db8:0:0:0:0:0:1", "[2001:db8::1]:9092"),
    ])
    func `addresses in figures are read and written`(ip: String, text: String) {
        #expect(SocketAddress(ip: ip, port: 9092)?.description == text)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "::g", "1.2.3.4 "])
    func `other texts are none`(text: String) {
        #expect(SocketAddress(ip: text, port: 1) == nil)
    }

    @Test func `the form of the system calls leads back`() throws {
        for ip in ["10.1.2.3", "fe80::1:2"] {
            let address = try #require(SocketAddress(ip: ip, port: 65535))
            let copy = address.withSockaddr { SocketAddress($0, length: Int($1)) }
            #expect(copy == address)
            let cut = address.withSockaddr { SocketAddress($0, length: Int($1) - 1) }
            #expect(cut == nil)
        }
    }

    @Test func `a name is looked up on a lane and answered on the loop`() throws {
        let loop = try EventLoop(name: "kc-test-dns")
        defer { loop.stop() }
        let pool = BlockingPool(name: "kc-dns", maximumThreads: 2)
        let answers = Mutex<[String: Result<[SocketAddress], ResolveError>]>([:])
        let strangers = Signal()
        for host in ["localhost", "127.0.0.9", "no-such-host.invalid", "nul\0byte"] {
            Resolver.resolve(host: host, port: 21200, on: pool.makeLane("dns"), loop: loop) { result in
                if !loop.isCurrent { strangers.raise() }
                answers.withLock { $0[host] = result }
            }
        }
        eventually("all names are answered") { answers.withLock { $0.count } == 4 }
        let found = answers.withLock { $0 }
        let local = try found["localhost"]?.get() ?? []
        #expect(!local.isEmpty && local.allSatisfy { $0.port == 21200 })
        let figures = try found["127.0.0.9"]?.get() ?? []
        #expect(figures.map(\.description) == ["127.0.0.9:21200"])
        for host in ["no-such-host.invalid", "nul\0byte"] {
            guard case .failure(let error)? = found[host] else {
                Issue.record("\(host) was found")
                continue
            }
            #expect(error.description.hasPrefix("cannot resolve \(host): "))
        }
        #expect(strangers.value == 0)
    }
}
