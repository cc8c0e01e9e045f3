/// Turns the text of a CLASS key into a class name; what classes there are is not this module's business.
package struct ClassResolver: Sendable {
    private let resolveName: @Sendable (String) -> String?

    /// - Parameter resolve: Takes a name or an alias and gives the full name, nil where there is no such class.
    package init(_ resolve: @escaping @Sendable (String) -> String?) { resolveName = resolve }

    /// Takes every name as it is.
    package static let any = ClassResolver { $0 }

    package func resolve(_ name: String) -> String? { resolveName(name) }
}
