/// How much memory the task configurations of one connector may take together.
///
/// A connector usually copies its whole configuration for each task, so that a short request would be ten thousand times as
/// much, in the plugin and again in the worker, and in each worker that the connector moves to.
public enum TaskConfigLimit {
    /// Bytes of all task configurations of a connector.
    public static let bytes = 64 << 20
    /// What a key takes beside its text and its value's.
    public static let bytesOfKey = 64

    /// What `count` copies of a configuration take; nil where it is within the limit.
    public static func excess(of config: ConfigMap, times count: Int32) -> Int? {
        let one = config.entries.reduce(0) { $0 + $1.key.utf8.count + ($1.value?.utf8.count ?? 0) + bytesOfKey }
        let (all, overflow) = one.multipliedReportingOverflow(by: Int(count))
        return overflow || all > bytes ? (overflow ? .max : all) : nil
    }
}
