import ConnectConfig
import HTTPServer
import Systemd
import Testing

@testable import kafka_connect

@Suite struct RESTSocketsTests {
    private func sockets(
        _ listeners: [String], given: Bool = true, passed: [(String, UInt16)] = []
    ) throws -> RESTSockets {
        RESTSockets(
            configured: try listeners.map { try Listener.parse($0).get() }, isGiven: given,
            passed: passed.enumerated().map { index, address in
                (
                    PassedSocket(name: "s", descriptor: Int32(3 + index)),
                    HTTPAddress(host: address.0, port: address.1)
                )
            })
    }

    @Test func `without systemd's sockets the listeners of the file are bound`() throws {
        let local = try sockets(["http://127.0.0.1:8083", "unix:///run/x"])
        #expect(local.listeners == [.network(host: "127.0.0.1", port: 8083), .unix(path: "/run/x")])
        #expect(local.warnings == [] && local.host == "127.0.0.1")
        let open = try sockets(["http://:8083", "http://localhost:1", "http://[::1]:0", "http://10.0.0.1:0"])
        #expect(open.warnings.count == 2 && open.host == "")
        #expect(open.warnings[0].contains("(all addresses, port 8083)"))
        #expect(open.warnings[1].contains("(10.0.0.1, port 0)"))
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:8083", "127.0.0.1", 8083), ("http://localhost:8083", "127.0.0.1", 8083),
            ("http://localhost:8083", "::1", 8083), ("unix:///run/x", "/run/x", 0),
            ("http://127.0.0.1:0", "127.0.0.1", 9),
            ("http://[::1]:8083", "::1", 8083),
        ] as [(String, String, UInt16)])
    func `sockets that are what the file says are served without a word`(
        listener: String, host: String, port: UInt16
    ) throws {
        let found = try sockets([listener], passed: [(host, port)])
        #expect(found.listeners == [.adopted(descriptor: 3)])
        #expect(found.warnings == [])
    }

    @Test func `sockets take the place of the listeners, and what differs is told`() throws {
        let both = try sockets(["http://127.0.0.1:8083", "unix:///run/x"], passed: [("127.0.0.1", 8084)])
        #expect(both.listeners == [.adopted(descriptor: 3)])
        #expect(both.host == "127.0.0.1")
        #expect(
            both.warnings == [
                "REST is served on the sockets that systemd passed, 127.0.0.1:8084, and not on what listeners says, "
                    + "http://127.0.0.1:8083, unix:///run/x: have ListenStream= of the socket unit and listeners say the same, "
                    + "or disable the socket unit"
            ])
        #expect(try sockets(["http://:8083"], given: false, passed: [("127.0.0.1", 8084)]).warnings == [])
        #expect(
            try sockets(["http://127.0.0.1:8083"], passed: [("127.0.0.1", 8083), ("/run/x", 0)]).warnings.count == 1)
        // Either side being wider than the other is what an operator has to know.
        #expect(try sockets(["http://:8083"], passed: [("127.0.0.1", 8083)]).warnings.count == 1)
        let wider = try sockets(["http://127.0.0.1:8083"], passed: [("::", 8083)])
        #expect(wider.warnings.count == 2 && wider.warnings[1].contains("(all addresses, port 8083)"))
    }

    @Test func `the name of this host is the file's where the port is the socket's, else the socket's address`() throws
    {
        #expect(try sockets(["http://w1.example:8083"], passed: [("::", 8083)]).host == "w1.example")
        #expect(try sockets(["http://w1.example:8083"], passed: [("10.0.0.1", 8083)]).warnings.count == 1, "it is open")
        #expect(try sockets(["http://w1.example:8083"], passed: [("10.0.0.1", 80)]).host == "10.0.0.1")
        #expect(try sockets(["http://:8083"], passed: [("0.0.0.0", 8083)]).host == "")
        // Only the socket was made wider: others must not be told an address that leads them to themselves.
        #expect(try sockets(["http://127.0.0.1:8083"], passed: [("::", 8083)]).host == "")
        #expect(try sockets(["http://localhost:8083"], passed: [("10.0.0.5", 8083)]).host == "10.0.0.5")
        #expect(try sockets(["http://10.0.0.9:8083"], passed: [("10.0.0.5", 8083)]).host == "10.0.0.5")
        #expect(try sockets(["http://10.0.0.9:8083"], passed: [("::", 8083)]).host == "10.0.0.9")
        #expect(try sockets(["http://localhost:8083"], passed: [("127.0.0.1", 8083)]).host == "localhost")
        #expect(try sockets(["http://:8083"], given: false, passed: [("/run/x", 0)]).host == nil)
    }
}
