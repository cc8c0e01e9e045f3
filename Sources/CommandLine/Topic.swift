/// A part of a command's help under a heading of its own: what its options' values mean, say.
package struct Topic: Sendable, Equatable {
    /// A word in its list, with what it means.
    package struct Entry: Sendable, Equatable {
        /// As it is typed.
        package var label: String
        /// One or more sentences.
        package var help: String

        package init(_ label: String, _ help: String) {
            self.label = label
            self.help = help
        }
    }

    /// The heading, in capitals.
    package var title: String
    /// Paragraphs above the list.
    package var text: String
    /// The list, in the order in which it is shown.
    package var entries: [Entry]

    package init(_ title: String, text: String, entries: [Entry] = []) {
        self.title = title
        self.text = text
        self.entries = entries
    }
}
