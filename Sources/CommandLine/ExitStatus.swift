/// What the process says when it ends. The numbers are those of Apache's `ConnectStandalone` and `ConnectDistributed`.
package struct ExitStatus: Sendable, Equatable {
    /// The status as the parent process sees it.
    package var code: Int32
    /// When the process ends with it.
    package var meaning: String

    package init(code: Int32, meaning: String) {
        self.code = code
        self.meaning = meaning
    }

    /// All went well.
    package static let success = ExitStatus(code: 0, meaning: "Success, or a stop that was asked for.")
    /// The command line was wrong.
    package static let usage = ExitStatus(code: 1, meaning: "The command line was wrong.")
    /// The worker cannot be part of its cluster: Apache's herder ends its process with this.
    package static let expelled = ExitStatus(
        code: 1, meaning: "The worker cannot be part of its cluster: an internal topic is not compacted, say.")
    /// The worker could not start, or a file that was to be checked has errors.
    package static let failure = ExitStatus(code: 2, meaning: "The configuration was refused, or the worker failed.")
    /// A connector that was named on the command line was refused.
    package static let connector = ExitStatus(
        code: 3, meaning: "A connector named on the command line was refused.")
    /// A library in the process called `exit`: whatever it asked for, it is no orderly end. The number is that of `EX_SOFTWARE`.
    package static let endedByLibrary = ExitStatus(
        code: 70, meaning: "A library of connectors ended the process by exit().")
}
