/// All paths of the API. A path with a fixed word comes before one that has a variable there.
struct Routes {
    let settings: RESTSettings

    var all: [Route] {
        worker + connectors + connectorActions + offsetsAndTopics + plugins + loggers
    }

    private var worker: [Route] {
        [
            Route("/").get(RootResource.get),
            Route("/health").get(HealthResource.get).always(),
        ]
    }

    private var connectors: [Route] {
        [
            Route("/connectors").get(ConnectorsResource.list).post(json: true, ConnectorsResource.create),
            Route("/connectors/{}").get(ConnectorsResource.get).delete(ConnectorsResource.delete),
            Route("/connectors/{}/config").get(ConnectorsResource.config)
                .put(json: true, ConnectorsResource.putConfig).patch(json: true, ConnectorsResource.patchConfig),
            Route("/connectors/{}/status").get(ConnectorsResource.status),
        ]
    }

    private var connectorActions: [Route] {
        [
            Route("/connectors/{}/restart").post(ActionsResource.restart),
            Route("/connectors/{}/pause").put(ActionsResource.pause),
            Route("/connectors/{}/resume").put(ActionsResource.resume),
            Route("/connectors/{}/stop").put(ActionsResource.stop),
            Route("/connectors/{}/tasks").get(TasksResource.list).post(TasksResource.putConfigs),
            Route("/connectors/{}/tasks/#/status").get(TasksResource.status),
            Route("/connectors/{}/tasks/#/restart").post(TasksResource.restart),
            Route("/connectors/{}/fence").put(TasksResource.fence),
        ]
    }

    private var offsetsAndTopics: [Route] {
        [
            Route("/connectors/{}/offsets").get(OffsetsResource.get).patch(json: true, OffsetsResource.alter)
                .delete(OffsetsResource.reset),
            Route("/connectors/{}/topics").get(TopicsResource.get),
            Route("/connectors/{}/topics/reset").put(TopicsResource.reset),
        ]
    }

    private var plugins: [Route] {
        [
            Route("/connector-plugins").get(PluginsResource.list),
            Route("/connector-plugins/{}/config").get(PluginsResource.configKeys),
            Route("/connector-plugins/{}/config/validate").put(json: true, PluginsResource.validate),
        ]
    }

    private var loggers: [Route] {
        [
            Route("/admin/loggers").get(LoggersResource.list),
            Route("/admin/loggers/{}").get(LoggersResource.get).put(json: true, LoggersResource.set),
        ]
    }
}
