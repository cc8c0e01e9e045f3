import ConnectModel
import HTTPServer

/// What the worker is doing, in the words that time-outs and `/health` use.
enum StageText {
    /// One sentence; nil where no stage was ever recorded.
    static func sentence(_ stage: Stage?) -> String? {
        guard let stage else { return nil }
        let began = CalendarTime.instant(milliseconds: stage.began)
        guard let completed = stage.completed else {
            return "The worker is currently \(stage.description), which began at \(began)."
        }
        let ended = CalendarTime.instant(milliseconds: completed)
        return
            "The last operation the worker completed was \(stage.description), which began at \(began) and completed "
            + "at \(ended)."
    }

    /// The message of a request that timed out.
    static func timedOut(_ stage: Stage?) -> String {
        sentence(stage).map { "Request timed out. \($0)" } ?? "Request timed out"
    }
}
