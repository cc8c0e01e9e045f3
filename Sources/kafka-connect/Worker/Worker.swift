import CommandLine
import ConnectConfig
import ConnectKafka
import ConnectModel
import EventLoop
import Glibc
import HTTPClient
import HTTPServer
import Herder
import Logging
import PluginHost
import RESTAPI
import Settings
import StateFiles
import Systemd
import TaskRuntime

/// A worker put together: REST first, then Kafka, then its cluster or the connectors given; and taken apart in order.
///
/// Lives on the main thread, which waits for the end. Nothing that is decided here: parts are made, tied to one another, and
/// told when to begin and to end.
final class Worker: Sendable {
    private static let log = Logger("connect.worker")
    /// After a stop was asked for, the process ends at the latest then, whatever does not.
    private static let stopReserve: UInt64 = 15_000_000_000

    private let config: WorkerConfig
    private let connectorFiles: [String]
    private let failsAlone: Bool
    private let exit = ExitBox()
    private let herderLoop: EventLoop
    private let kafkaLoop: EventLoop
    private let pool: BlockingPool
    private let rest: RESTService
    private let server: HTTPServer
    private let herder: Herder
    private let kafka: KafkaConnections
    /// Requests to other workers; nil in standalone mode.
    private let client: HTTPClient?
    private let status: Confined<ServiceStatus>

    /// Makes the parts and binds REST, which answers from now on that the worker is starting.
    ///
    /// - Parameters:
    ///   - connectors: files of connectors to start.
    ///   - failsAlone: a refused one is FAILED and harms no other; else it ends the worker.
    init(config: WorkerConfig, connectors: [String], failsAlone: Bool) throws(WorkerError) {
        self.config = config
        connectorFiles = connectors
        self.failsAlone = failsAlone
        herderLoop = try Self.loop("kc-herder")
        kafkaLoop = try Self.loop("kc-kafka-0")
        pool = BlockingPool(name: "kc-lane")

        let serviceBox = ServiceBox()
        let server: HTTPServer
        do throws(HTTPServerError) {
            server = try HTTPServer(
                listeners: Self.listeners(config), refusal: { RESTService.refusal($0, $1) },
                // Only a cluster's workers have long requests.
                bodyLimit: { config.isDistributed ? RESTService.bodyLimit($0, $1) : nil },
                handler: { request, responder in serviceBox.handle(request, responder) })
        } catch {
            throw WorkerError(message: error.description)
        }
        self.server = server
        let advertised = AdvertisedAddress(config, bound: server.addresses)
        let client = config.isDistributed ? HTTPClient() : nil
        self.client = client
        let rest = RESTService(
            settings: RESTSettings(
                config, version: Version.rest, commit: "unknown", advertised: advertised,
                builtIns: BuiltInClasses.listed), sender: client)
        serviceBox.set(rest)
        self.rest = rest

        let plugins = PluginHost(
            folders: PluginFolders.all(config.pluginPath), program: PluginFolders.executable,
            cacheFolder: PluginFolders.cache(config))
        plugins.rescan()
        for broken in plugins.broken {
            Self.log.warning("A plugin cannot be used: \(broken.location): \(broken.reason)")
        }
        let kafka = KafkaConnections(worker: config, loop: kafkaLoop, pool: pool)
        self.kafka = kafka
        let offsets: any OffsetStore
        var cluster: ClusterParts?
        do throws(ConnectError) {
            if let client {
                let parts = try ClusterParts(config, kafka: kafka, advertised: advertised, sender: client)
                cluster = parts
                offsets = parts.offsets
            } else {
                let files = pool.makeLane("offsets", for: .worker)
                offsets = try FileOffsetStore(path: config.offsetStorageFile ?? "") { files.submit($0) }
            }
        } catch {
            throw WorkerError(message: error.message)
        }
        let tasks = TaskRuntime(
            settings: Self.taskSettings(config), catalog: plugins, kafka: kafka, offsets: offsets, pool: pool,
            loop: kafkaLoop)
        let transformer = config.transformer
        let herder = Herder(
            HerderDependencies(
                catalog: plugins, kafka: kafka, offsets: offsets, tasks: tasks,
                checking: ConfigurationChecker(worker: config, plugins: plugins),
                resolve: { (map) throws(ConnectError) in try transformer.resolved(map) }, loop: herderLoop, pool: pool,
                cluster: cluster?.dependencies),
            settings: HerderSettings(
                workerID: advertised.workerID,
                taskShutdownTime: Self.nanoseconds(config.taskShutdownTimeoutMs),
                tracksTopics: config.topicTrackingEnabled))
        self.herder = herder
        let pool = pool
        status = Confined(
            ServiceStatus(
                loop: kafkaLoop, progress: { herder.progress }, probe: { herder.probe() },
                text: {
                    StatusText.line(herder.snapshot, waitingFor: kafka.waitingFor, heldUp: pool.heldUpLanes)
                }), to: kafkaLoop)
    }

    /// Runs until a signal, or until a connector of the command line was refused.
    ///
    /// - Returns: the exit code.
    func run() -> Int32 {
        watchSignals()
        rest.attach(herder)
        let addresses = server.addresses.map { "http://\($0)" }.joined(separator: ", ")
        Self.log.info("kafka-connect \(Version.program) serves REST on \(addresses)")
        let status = status
        kafkaLoop.execute { status.value.start() }
        herder.start(
            StartupFiles.connectors(connectorFiles, failsAlone: failsAlone),
            failed: { [self] error in
                Self.log.fatal(error.message)
                Terminal.error("kafka-connect: \(error.trace)")
                stop(with: ExitStatus.expelled.code)
            }
        ) { [self] problems in
            started(problems)
        }
        let code = exit.wait()
        // Requests in flight were answered by the herder; what comes now learns why.
        server.stop(answering: RESTService.stopping, within: .milliseconds(500))
        client?.close()
        return code
    }

    private func started(_ problems: [StartupProblem]) {
        if !failsAlone, !problems.isEmpty {
            for problem in problems { Terminal.error("\(problem.connector.origin): \(problem.error.trace)") }
            return stop(with: ExitStatus.connector.code)
        }
        Self.log.info("The worker is ready")
        ServiceManager.notify(.ready)
        let status = status
        kafkaLoop.execute { status.value.update() }
    }

    private func watchSignals() {
        let loop = herderLoop
        loop.execute { [self] in
            do throws(SystemError) {
                // The loop keeps the waiter.
                _ = try SignalWaiter([SIGTERM, SIGINT, SIGHUP], loop: loop) { [self] signal in
                    if signal == SIGHUP { return }
                    Self.log.info("Stopping on signal \(signal)")
                    stop(with: ExitStatus.success.code)
                }
            } catch {
                Self.log.error("Signals cannot be waited for: \(error.description)")
            }
        }
    }

    private func stop(with code: Int32) {
        ServiceManager.notify(.stopping, .status("Stopping"))
        let exit = exit
        let patience = max(Self.stopReserve, Self.nanoseconds(config.taskShutdownTimeoutMs) + 10_000_000_000)
        kafkaLoop.execute { [kafkaLoop] in
            kafkaLoop.schedule(at: EventLoop.now() &+ patience) {
                Self.log.error("The worker does not come to an end; it is left as it is")
                exit.finish(code)
            }
        }
        herder.stop {
            Self.log.info("The worker has stopped")
            exit.finish(code)
        }
    }

    // MARK: - Parts

    private static func loop(_ name: String) throws(WorkerError) -> EventLoop {
        do throws(SystemError) {
            return try EventLoop(name: name)
        } catch {
            throw WorkerError(message: "The event loop \(name) cannot be made: \(error.description)")
        }
    }

    private static func listeners(_ config: WorkerConfig) -> [HTTPListener] {
        config.listeners.compactMap { configured in
            guard let listener = HTTPListener(configured) else { return nil }
            if case .network(let host, let port) = listener, !["127.0.0.1", "localhost", "::1"].contains(host) {
                log.warning(
                    "REST listens beyond this machine (\(host.isEmpty ? "all addresses" : host), port \(port)) and asks "
                        + "nobody who they are: whoever reaches it can run connectors")
            }
            return listener
        }
    }

    /// Nanoseconds; more than a year is a year, so that no sum with the clock overflows.
    private static func nanoseconds(_ milliseconds: Int64) -> UInt64 {
        UInt64(min(max(milliseconds, 0), 31_536_000_000)) * 1_000_000
    }

    private static func taskSettings(_ config: WorkerConfig) -> TaskRuntimeSettings {
        var settings = TaskRuntimeSettings()
        settings.offsetFlushInterval = Self.nanoseconds(max(config.offsetFlushIntervalMs, 1))
        settings.offsetFlushTimeout = Self.nanoseconds(max(config.offsetFlushTimeoutMs, 1))
        settings.workerConfig = ConfigMap(
            config.settings.originals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        return settings
    }
}
