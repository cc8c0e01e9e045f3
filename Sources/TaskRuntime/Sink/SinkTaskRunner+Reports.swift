import ConnectModel
import Logging

/// Records that were left out, in the log.
extension SinkTaskRunner {
    func report(_ error: ConnectError, stage: String, _ partition: TopicPartition, _ offset: Int64) {
        Self.report(
            error, stage: stage, parts.settings.logsErrors,
            logFields + [LogField("partition", partition.description), LogField("offset", offset)])
    }

    static func report(_ error: ConnectError, stage: String, _ isLogged: Bool, _ fields: [LogField]) {
        guard isLogged else { return }
        log.error(
            "A record was left out: \(error.message)",
            fields + [.errorCode(error.code.rawValue), LogField("stage", stage)])
    }
}
