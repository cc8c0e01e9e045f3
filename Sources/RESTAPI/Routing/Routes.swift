/// All paths of the API. A path with a fixed word comes before one that has a variable there.
enum Routes {
    static var all: [Route] {
        worker + connectors + connectorActions + offsetsAndTopics + plugins + loggers
    }

    private static var worker: [Route] {
        [
            Route("/").get(RootResource.get),
            Route("/health").get(HealthResource.get).always(),
        ]
    }

    private static var connectors: [Route] {
        [
            Route("/connectors").get(ConnectorsResource.list).post(json: true, ConnectorsResource.create),
            Route("/connectors/{}").get(ConnectorsResource.get).delete(ConnectorsResource.delete),
            Route("/connectors/{}/config").get(ConnectorsResource.config)
                .put(json: true, ConnectorsResource.putConfig).patch(json: true, ConnectorsResource.patchConfig),
            Route("/connectors/{}/status").get(ConnectorsResource.status),
        ]
    }

    private static var connectorActions: [Route] {
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

    private static var offsetsAndTopics: [Route] {
        [
            Route("/connectors/{}/offsets").get(OffsetsResource.get).patch(json: true, OffsetsResource.alter)
                .delete(OffsetsResource.reset),
            Route("/connectors/{}/topics").get(TopicsResource.get),
            Route("/connectors/{}/topics/reset").put(TopicsResource.reset),
        ]
    }

    private static var plugins: [Route] {
        [
            Route("/connector-plugins").get(PluginsResource.list),
            Route("/connector-plugins/{}/config").get(PluginsResource.configKeys),
            Route("/connector-plugins/{}/config/validate").put(json: true, PluginsResource.validate),
        ]
    }

    private static var loggers: [Route] {
        [
            Route("/admin/loggers").get(LoggersResource.list),
            Route("/admin/loggers/{}").get(LoggersResource.get).put(json: true, LoggersResource.set),
        ]
    }
}
