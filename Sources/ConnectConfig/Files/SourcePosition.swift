/// A place in a file, counted from 1; columns count characters.
package struct SourcePosition: Sendable, Equatable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}
