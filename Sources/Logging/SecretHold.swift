/// Secrets that are hidden as long as this lives: those of a configuration that is in use. Safe on any thread.
public final class SecretHold: Sendable {
    /// What is hidden.
    public let secrets: [String]
    private let redactor: Redactor

    init(_ secrets: [String], in redactor: Redactor) {
        self.secrets = secrets
        self.redactor = redactor
        redactor.register(secrets)
    }

    deinit { redactor.unregister(secrets) }

    /// `text` with these and all other secrets that are known replaced.
    public func redact(_ text: String) -> String { redactor.redact(text) }
}
