public import ConnectModel
public import EventLoop

/// Starts the tasks of a worker: makes a lane for each and runs its loop there. Thread-safe.
public final class TaskRuntime: TaskStarting {
    private let settings: TaskRuntimeSettings
    private let catalog: any PluginCatalog
    private let kafka: any KafkaPorts
    private let offsets: any OffsetStore
    private let pool: BlockingPool
    private let loop: EventLoop

    /// - Parameters:
    ///   - offsets: where source offsets are kept.
    ///   - pool: whose lanes the tasks run on; plugin calls block its threads.
    ///   - loop: for timers and reports only; it must live as long as any task.
    public init(
        settings: TaskRuntimeSettings, catalog: any PluginCatalog, kafka: any KafkaPorts, offsets: any OffsetStore,
        pool: BlockingPool, loop: EventLoop
    ) {
        self.settings = settings
        self.catalog = catalog
        self.kafka = kafka
        self.offsets = offsets
        self.pool = pool
        self.loop = loop
    }

    public func startTask(
        _ task: TaskSpecification, observer: any TaskObserver
    ) throws(ConnectError) -> any TaskHandle {
        let own = try TaskSettings(connector: task.connectorConfig, worker: settings.workerConfig)
        let makeRunner: TaskControl.MakeRunner
        switch task.kind {
        case .source:
            let parts = SourceTaskRunner.Parts(
                specification: task, settings: own, worker: settings, catalog: catalog, kafka: kafka, offsets: offsets)
            let deputy = LaneDeputy(
                loop: loop, lane: pool.makeLane("\(task.id) deputy", for: .worker, owner: "deputies of source tasks"))
            makeRunner = { control in SourceTaskRunner(parts, control: control, deputy: deputy) }
        case .sink:
            let parts = SinkTaskRunner.Parts(
                specification: task, settings: own, worker: settings, catalog: catalog, kafka: kafka)
            makeRunner = { control in SinkTaskRunner(parts, control: control) }
        case .unknown:
            throw ConnectError(
                .pluginUnusable, "The class \(task.plugin.className) is neither a source nor a sink connector")
        }
        let connector = task.id.connector
        let control = TaskControl(
            task, observer: observer, loop: loop,
            lane: pool.makeLane(task.id.description, for: .task, owner: connector),
            interruptLane: pool.makeLane("\(task.id) interrupt", for: .interrupt, owner: "interrupts of \(connector)"),
            makeRunner: makeRunner)
        control.launch()
        return control
    }
}
