import JSON

extension JSONLimits {
    /// What counts as JSON in an internal topic: all that does for Apache's workers, because the config offset counts such
    /// records and has to be the same on every member of a group.
    static let internalTopics: JSONLimits = {
        var limits = JSONLimits.jackson
        limits.leniency.insert(.textBehind)
        return limits
    }()
}
