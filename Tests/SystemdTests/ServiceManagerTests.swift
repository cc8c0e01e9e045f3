import Glibc
import Logging
import Testing

@testable import Systemd

/// One after the other, since they change the environment of the process.
@Suite(.serialized) struct ServiceManagerTests {
    /// A datagram socket in the place of systemd's.
    private final class NotifySocket {
        private let descriptor: Int32
        private let path: String

        init() throws {
            path = "/tmp/kc-notify-\(getpid())"
            unlink(path)
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(result == 0)
            setenv("NOTIFY_SOCKET", path, 1)
        }

        deinit {
            unsetenv("NOTIFY_SOCKET")
            close(descriptor)
            unlink(path)
        }

        /// The next message, which the kernel already has.
        func next() -> String? {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
        }
    }

    @Test func `notifications of one call are one message`() throws {
        let socket = try NotifySocket()
        #expect(ServiceManager.notify(.ready, .status("2 connectors running")))
        #expect(socket.next() == "READY=1\nSTATUS=2 connectors running")
        #expect(ServiceManager.notify(.stopping))
        #expect(socket.next() == "STOPPING=1")
        #expect(ServiceManager.notify(.watchdog))
        #expect(socket.next() == "WATCHDOG=1")
        #expect(socket.next() == nil)
    }

    @Test func `a reload says when it began`() throws {
        let socket = try NotifySocket()
        ServiceManager.notify(.reloading)
        let message = try #require(socket.next())
        let lines = message.split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
    }

    @Test func `more time for the end is asked for with it, in microseconds`() throws {
        let socket = try NotifySocket()
        ServiceManager.notify(.stopping, .extendTimeout(nanoseconds: 130_000_001_999))
        #expect(socket.next() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=130000001")
    }

    @Test func `a status can neither forge an assignment nor show a secret`() throws {
        let socket = try NotifySocket()
        LogSystem.redactor.register("status-secret")
        defer { LogSystem.redactor.unregister("status-secret") }
        ServiceManager.notify(.status("waiting for x\nREADY=1 status-secret"))
        #expect(socket.next() == "STATUS=waiting for x READY=1 [hidden]")
    }

    @Test func `without systemd nothing is told`() {
        unsetenv("NOTIFY_SOCKET")
        #expect(!ServiceManager.notify(.ready))
    }

    @Test func `the watchdog's interval is systemd's, for this process only`() {
        #expect(ServiceManager.watchdogInterval == nil)
        setenv("WATCHDOG_USEC", "3000000", 1)
        setenv("WATCHDOG_PID", String(getpid()), 1)
        #expect(ServiceManager.watchdogInterval == 3_000_000_000)
        setenv("WATCHDOG_PID", "1", 1)
        #expect(ServiceManager.watchdogInterval == nil)
        unsetenv("WATCHDOG_USEC")
        unsetenv("WATCHDOG_PID")
    }

    @Test func `passed descriptors come with their names, once`() async {
        // In a process of its own, where the descriptors from 3 on may be replaced.
        await #expect(processExitsWith: .success) {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let copies = (fcntl(ends[0], F_DUPFD, 100), fcntl(ends[1], F_DUPFD, 100))
            try #require(dup2(copies.0, 3) == 3 && dup2(copies.1, 4) == 4)
            setenv("LISTEN_PID", String(getpid()), 1)
            setenv("LISTEN_FDS", "2", 1)
            setenv("LISTEN_FDNAMES", "rest:", 1)
            let sockets = PassedSocket.take()
            let isRight =
                sockets == [PassedSocket(name: "rest", descriptor: 3), PassedSocket(name: "", descriptor: 4)]
            let isClosedOnExec = fcntl(3, F_GETFD) & FD_CLOEXEC != 0
            exit(isRight && isClosedOnExec && PassedSocket.take().isEmpty ? 0 : 1)
        }
        #expect(PassedSocket.take() == [])
    }
}
