package import Logging

/// Something that happened in a ``Broker`` and that somebody who tries a client wants to know.
package struct Notice: Sendable, Equatable {
    package let level: LogLevel
    package let message: String
    package let fields: [LogField]

    package init(_ level: LogLevel, _ message: String, _ fields: [LogField] = []) {
        self.level = level
        self.message = message
        self.fields = fields
    }
}
