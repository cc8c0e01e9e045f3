import ConnectModel
import Glibc
import HTTPServer
import JSON
import Logging

/// Levels of loggers (KIP-495, KIP-976), which are the process's own; the herder is asked only to tell the other workers.
enum LoggersResource {
    private static let log = Logger("org.apache.kafka.connect.runtime.rest.resources.LoggingResource")

    /// `GET /admin/loggers`.
    static func list(_: RESTRequest, _: RESTContext) throws(RESTError) -> RESTOutcome {
        .answer(
            RESTAnswer.json { writer in
                writer.beginObject()
                for entry in LogSystem.loggers() {
                    writer.key(entry.name)
                    write(entry, &writer)
                }
                writer.endObject()
            })
    }

    /// `GET /admin/loggers/{l}`.
    static func get(_ request: RESTRequest, _: RESTContext) throws(RESTError) -> RESTOutcome {
        let name = try request.variable(0)
        guard let entry = LogSystem.level(of: name) else { throw RESTError(404, "Logger \(name) not found.") }
        return .answer(RESTAnswer.json { write(entry, &$0) })
    }

    /// `PUT /admin/loggers/{l}`: answers with the loggers whose level changed; with `scope=cluster` without a list of names,
    /// and in a cluster every worker sets the level when it reads of it.
    static func set(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let name = try request.variable(0)
        let body = try ConfigRequest.config(request.http.body)
        guard let text = body["level"] else {
            throw .badRequest("Desired 'level' parameter was not specified in request.")
        }
        guard let level = LogLevel(name: text) else { throw RESTError(404, "invalid log level '\(text)'.") }
        // Before the other workers are told.
        guard LogSystem.takes(name) else { throw refusal(of: name) }
        let scope = request.parameter("scope") ?? "worker"
        let isForCluster = scope.lowercased() == "cluster"
        if isForCluster, context.snapshot.cluster != nil {
            return context.ask(.setLoggerLevel(namespace: name, level: level.name)) { ActionsResource.done($0, 204) }
        }
        if !isForCluster, scope.lowercased() != "worker" {
            log.warning("Received invalid scope '\(scope)' in request to adjust logging level; will default to worker")
        }
        guard let change = LogSystem.changeLevel(to: level, for: name, at: wallMilliseconds()) else {
            throw refusal(of: name)
        }
        if isForCluster { return .answer(RESTAnswer.empty(204)) }
        return .answer(RESTAnswer.json { PluginBodies.strings(change.changed, &$0) })
    }

    private static func refusal(of name: String) -> RESTError {
        name.utf8.count > LogRegistry.maximumNameLength
            ? .badRequest("The name of a logger has at most \(LogRegistry.maximumNameLength) bytes.")
            : .badRequest(
                "There are \(LogRegistry.maximumLoggers) loggers, and no more are made; set the level of one of them.")
    }

    private static func write(_ entry: LogRegistry.Entry, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("level")
        writer.string(entry.level.name)
        writer.key("last_modified")
        if let time = entry.lastModified { writer.int64(time) } else { writer.null() }
        writer.endObject()
    }

    private static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
