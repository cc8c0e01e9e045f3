import Foundation
import Glibc
import KafkaClient
import Synchronization

/// A port that speaks just enough of Kafka for a connection to come to stand: ApiVersions is answered, nothing else is.
final class StubBroker: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let keys = Mutex<[Int16]>([])
    private let accepted = Mutex<Int>(0)
    private let garbage: [UInt8]

    /// Takes a port; connections to it are refused before ``open()``.
    ///
    /// - Parameter garbage: written to each connection in place of any answer.
    init(isOpen: Bool = true, garbage: [UInt8] = []) throws {
        self.garbage = garbage
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw Failure() }
        port = UInt16(bigEndian: address.sin_port)
        if isOpen { open() }
    }

    struct Failure: Error {}

    var address: BrokerAddress { BrokerAddress(host: "127.0.0.1", port: port) }

    /// The API keys of the requests that came, in their order.
    var received: [Int16] { keys.withLock { $0 } }

    /// How many connections there were.
    var connections: Int { accepted.withLock { $0 } }

    func open() {
        listen(descriptor, 8)
        Thread.detachNewThread { [self] in
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                accepted.withLock { $0 += 1 }
                Thread.detachNewThread { [self] in serve(connection) }
            }
        }
    }

    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func serve(_ connection: Int32) {
        defer { Glibc.close(connection) }
        if !garbage.isEmpty { _ = send(connection, garbage, garbage.count, Int32(MSG_NOSIGNAL)) }
        while let size: Int32 = read(connection), let key: Int16 = read(connection),
            let version: Int16 = read(connection), let correlation: Int32 = read(connection),
            skip(connection, Int(size) - 8)
        {
            keys.withLock { $0.append(key) }
            guard key == 18, garbage.isEmpty else { continue }
            // Whatever is newer than version 0 is answered with error 35 and the range of ApiVersions alone.
            var body = Self.bytes(correlation) + Self.bytes(Int16(version == 0 ? 0 : 35))
            let ranges: [[Int16]] = version == 0 ? [[18, 0, 0], [3, 8, 12], [0, 7, 9], [10, 0, 6]] : [[18, 0, 0]]
            body += Self.bytes(Int32(ranges.count)) + ranges.flatMap { $0.flatMap(Self.bytes) }
            let frame = Self.bytes(Int32(body.count)) + body
            guard write(connection, frame, frame.count) == frame.count else { return }
        }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    private func read<Number: FixedWidthInteger>(_ connection: Int32) -> Number? {
        var number = Number.zero
        let size = MemoryLayout<Number>.size
        let count = withUnsafeMutableBytes(of: &number) {
            recv(connection, $0.baseAddress, size, Int32(MSG_WAITALL))
        }
        return count == size ? Number(bigEndian: number) : nil
    }

    private func skip(_ connection: Int32, _ count: Int) -> Bool {
        guard count > 0 else { return count == 0 }
        var bytes = [UInt8](repeating: 0, count: count)
        return recv(connection, &bytes, count, Int32(MSG_WAITALL)) == count
    }
}
