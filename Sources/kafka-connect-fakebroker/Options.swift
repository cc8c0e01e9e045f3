import CommandLine
import EventLoop
import FakeBroker

/// What the command line says, checked.
struct Options: Sendable {
    let address: SocketAddress
    let settings: BrokerSettings
    let limits: BrokerServer.Limits
    let faults: [Fault]

    init(_ command: ParsedCommand) throws(UsageError) {
        func fail(_ reason: String) -> UsageError {
            let name = Program.fakeBroker.name
            return UsageError(
                reason: reason, usage: Program.fakeBroker.usage(path: [name]), helpCommand: "\(name) --help")
        }
        func number(_ option: String, _ range: ClosedRange<Int>, _ byDefault: Int) throws(UsageError) -> Int {
            guard let text = command.option(option) else { return byDefault }
            guard let number = Int(text), range.contains(number) else {
                throw fail(
                    "--\(option) is a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'.")
            }
            return number
        }
        func size(_ option: String, _ range: ClosedRange<Int>, _ byDefault: Int) throws(UsageError) -> Int {
            guard let text = command.option(option) else { return byDefault }
            guard let number = Quantity.bytes(text), range.contains(number) else {
                throw fail("--\(option) is a size such as 512KiB or 64MiB, not '\(text)'.")
            }
            return number
        }
        let ip = command.option("address") ?? "127.0.0.1"
        let port = try number("port", 0...65_535, 9092)
        guard let address = SocketAddress(ip: ip, port: UInt16(port)) else {
            throw fail("--address is an IP address such as 127.0.0.1 or ::1, not '\(ip)'.")
        }
        // Clients are told this address, and nobody can connect to "any".
        guard !["0.0.0.0", "::"].contains(address.ip) else {
            throw fail("--address is told to clients, which cannot connect to '\(ip)': give one of this machine's.")
        }
        self.address = address
        var settings = BrokerSettings()
        settings.partitions = Int32(try number("partitions", 1...10_000, Int(settings.partitions)))
        settings.retention = try size("retention", 1024...(1 << 40), settings.retention)
        settings.maximumPartitions = try number("max-partitions", 1...100_000, settings.maximumPartitions)
        settings.createsTopics = !command.has("no-auto-create")
        settings.isVerbose = command.has("verbose")
        settings.incarnation = UInt64(clamping: EventLoop.wallMilliseconds())
        self.settings = settings
        var limits = BrokerServer.Limits()
        limits.connections = try number("max-connections", 1...10_000, limits.connections)
        limits.request = try size("max-request", 1024...(1 << 30), limits.request)
        self.limits = limits
        var faults: [Fault] = []
        for text in command.options("fault") {
            do throws(FaultError) {
                faults.append(try Fault(text))
            } catch {
                throw fail(error.description)
            }
        }
        self.faults = faults
    }
}
