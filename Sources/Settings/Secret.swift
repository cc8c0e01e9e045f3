/// A text that does not show itself: interpolation, dumps and logs give `[hidden]`.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// The text itself, for the one place that needs it. Must not reach a log, an error or an answer.
    package func reveal() -> String { text }

    /// What is shown in the secret's place.
    package static let mask = "[hidden]"

    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
