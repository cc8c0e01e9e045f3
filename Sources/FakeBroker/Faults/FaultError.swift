/// Why a fault that was asked for cannot be understood; says what to write instead.
package struct FaultError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line.
    package let description: String
}
