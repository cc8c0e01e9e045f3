/// What changed in a worker's file, by what becomes of it. Names of keys only: values may be secrets.
struct WorkerFileChanges: Equatable {
    /// Keys that differ from what the worker was started with, and count only after a restart; sorted.
    let waiting: [String]
    /// Keys of config providers that differ from what counted before; sorted.
    let providers: [String]

    /// - Parameters:
    ///   - start: every key that the worker was started with, references resolved.
    ///   - before: the same as it was read last.
    ///   - now: as it is.
    init(start: [String: String], before: [String: String], now: [String: String]) {
        waiting = Self.differences(start, now).filter { !Self.isLogLevel($0) && !Self.isProvider($0) }
        providers = Self.differences(before, now).filter(Self.isProvider)
    }

    private static func isLogLevel(_ key: String) -> Bool {
        key == "native.log.level" || key.hasPrefix("native.log.levels.")
    }

    private static func isProvider(_ key: String) -> Bool {
        key == "config.providers" || key.hasPrefix("config.providers.")
    }

    private static func differences(_ left: [String: String], _ right: [String: String]) -> [String] {
        // Byte by byte: what Unicode takes for the same may be another file or another password.
        Set(left.keys).union(right.keys).filter { key in
            left[key].map { Array($0.utf8) } != right[key].map { Array($0.utf8) }
        }.sorted()
    }
}
