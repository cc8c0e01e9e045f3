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
    /// What the process needs after that at the most, to answer the last requests and to exit.
    private static let exitReserve: UInt64 = 6_000_000_000
    /// How long systemd may take to read the last of what it is told.
    private static let flushMilliseconds: Int32 = 2000

    /// Where the connectors come from that are started with the worker.
    enum Connectors {
        /// Clients and the cluster alone.
        case none
        /// Files of the command line: one that is refused ends the worker.
        case files([String])
        /// `connectors.d`: one that is refused is FAILED and harms no other.
        case folder(FolderConnectors)
    }

    private let config: WorkerConfig
    private let connectors: Connectors
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
    private let reloads: Reloads

    /// Makes the parts and binds REST, which answers from now on that the worker is starting.
    ///
    /// - Parameters:
    ///   - file: the worker's file, which is read again at a reload.
    ///   - mode: in which it was read.
    ///   - config: what was read.
    ///   - passed: sockets that systemd opened for the worker.
    init(
        file: String, mode: WorkerConfig.Mode, config: WorkerConfig, connectors: Connectors, passed: [PassedSocket]
    ) throws(WorkerError) {
        self.config = config
        self.connectors = connectors
        herderLoop = try Self.loop("kc-herder")
        kafkaLoop = try Self.loop("kc-kafka-0")
        pool = BlockingPool(name: "kc-lane")

        let sockets = RESTSockets(
            configured: config.listeners, isGiven: config.settings.originals["listeners"] != nil,
            passed: passed.map { ($0, HTTPListener.address(ofSocket: $0.descriptor)) })
        for warning in sockets.warnings { Self.log.warning(warning) }
        let serviceBox = ServiceBox()
        let server: HTTPServer
        do throws(HTTPServerError) {
            server = try HTTPServer(
                listeners: sockets.listeners, refusal: { RESTService.refusal($0, $1) },
                // Only a cluster's workers have long requests.
                bodyLimit: { config.isDistributed ? RESTService.bodyLimit($0, $1) : nil },
                handler: { request, responder in serviceBox.handle(request, responder) })
        } catch {
            throw WorkerError(message: error.description)
        }
        self.server = server
        let advertised = AdvertisedAddress(config, host: sockets.host, bound: server.addresses)
        let client = config.isDistributed ? HTTPClient() : nil
        self.client = client
        let requests = client.map { PeerRequests($0) }
        let rest = RESTService(
            settings: RESTSettings(
                config, version: Version.rest, commit: "unknown", advertised: advertised,
                builtIns: BuiltInClasses.listed), sender: requests)
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
            if let requests {
                let parts = try ClusterParts(config, kafka: kafka, advertised: advertised, sender: requests)
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
        let references = References(config.transformer)
        let herder = Herder(
            HerderDependencies(
                catalog: plugins, kafka: kafka, offsets: offsets, tasks: tasks,
                checking: ConfigurationChecker(worker: config, plugins: plugins),
                resolve: { (map, user) throws(ConnectError) in try references.resolved(map, for: user) },
                loop: herderLoop,
                pool: pool,
                cluster: cluster?.dependencies),
            settings: HerderSettings(
                workerID: advertised.workerID,
                taskShutdownTime: Self.nanoseconds(config.taskShutdownTimeoutMs),
                tracksTopics: config.topicTrackingEnabled))
        self.herder = herder
        let pool = pool
        let workerID = advertised.workerID
        var folder: FolderConnectors?
        if case .folder(let connectors) = connectors { folder = connectors }
        let reloader = Reloader(
            Reloader.Parts(
                file: file, mode: mode, config: config, plugins: plugins, references: references, herder: herder,
                workerID: workerID, folder: folder, lane: pool.makeLane("reload", for: .worker)))
        let note = ReloadNote()
        let status = Confined(
            ServiceStatus(
                loop: kafkaLoop, progress: { herder.progress }, probe: { herder.probe() },
                text: {
                    StatusText.line(
                        herder.snapshot, worker: workerID, waitingFor: kafka.waitingFor, heldUp: pool.heldUpLanes,
                        reload: note.text)
                }), to: kafkaLoop)
        self.status = status
        let loop = kafkaLoop
        reloads = Reloads(
            Reloads.Parts(
                loop: herderLoop, note: note, reload: { reloader.run($0, $1) },
                statusChanged: { loop.execute { status.value.update() } }))
    }

    /// Runs until a signal, or until a connector of the command line was refused.
    ///
    /// - Returns: the exit code.
    func run() -> Int32 {
        watchSignals()
        rest.attach(herder)
        let addresses = server.addresses.map { $0.port == 0 ? "unix://\($0)" : "http://\($0)" }
            .joined(separator: ", ")
        Self.log.info("kafka-connect \(Version.program) serves REST on \(addresses)")
        let status = status
        kafkaLoop.execute { status.value.start() }
        herder.start(
            startupConnectors,
            failed: { [self] error in
                Self.log.fatal(error.trace)
                Terminal.echo("kafka-connect: \(error.trace)")
                stop(with: ExitStatus.expelled.code, because: "The cluster cannot have this worker: \(error.message)")
            }
        ) { [self] problems in
            started(problems)
        }
        let code = exit.wait()
        // Requests in flight were answered by the herder; what comes now learns why.
        server.stop(answering: RESTService.stopping, within: .milliseconds(500))
        client?.close()
        LogSystem.writeRepeats(atEnd: true)
        ServiceManager.flush(milliseconds: Self.flushMilliseconds)
        return code
    }

    private var startupConnectors: [StartupConnector] {
        switch connectors {
        case .none: []
        case .files(let files): files.map { StartupFiles.connector(StartupFiles.load($0), failsAlone: false) }
        case .folder(let folder): folder.startup()
        }
    }

    private func started(_ problems: [StartupProblem]) {
        switch connectors {
        case .none: break
        case .folder(let folder): folder.started(problems)
        case .files:
            guard let first = problems.first else { break }
            for problem in problems { Terminal.error(problem.error.trace) }
            return stop(
                with: ExitStatus.connector.code,
                because: "A connector was refused: \(first.error.message)")
        }
        Self.log.info("The worker is ready")
        reloads.started()
    }

    private func watchSignals() {
        let loop = herderLoop
        loop.execute { [self] in
            do throws(SystemError) {
                // The loop keeps the waiter.
                _ = try SignalWaiter([SIGTERM, SIGINT, SIGHUP], loop: loop) { [self] signal in
                    if signal == SIGHUP { return reloads.wanted() }
                    Self.log.info("Stopping on signal \(signal)")
                    stop(with: ExitStatus.success.code)
                }
            } catch {
                Self.log.error("Signals cannot be waited for: \(error.description)")
            }
        }
    }

    /// - Parameter reason: what STATUS shows, also after the end.
    private func stop(with code: Int32, because reason: String = "Stopping") {
        reloads.stopping()
        let patience = max(Self.stopReserve, Self.nanoseconds(config.taskShutdownTimeoutMs) + 10_000_000_000)
        // Else systemd would kill a worker whose tasks were promised more time than the unit gives.
        ServiceManager.tell(.stopping, .extendTimeout(nanoseconds: patience + Self.exitReserve))
        let status = status
        kafkaLoop.execute { status.value.end(reason) }
        let exit = exit
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
