import Testing

/// Fails the test; for the `else` of a guard.
func unexpected(_ what: Any, _ location: SourceLocation = #_sourceLocation) {
    Issue.record("unexpected: \(what)", sourceLocation: location)
}
