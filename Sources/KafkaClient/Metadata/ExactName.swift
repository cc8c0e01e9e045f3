/// The name of a group or topic as a key, told apart by its bytes as brokers do.
///
/// To Swift's `String` two spellings of one text are equal: `é` as one character and as `e` with an accent, the sign for kelvin
/// (U+212A) and the letter K. To Kafka they are two groups, and of two such topics one cannot exist.
struct ExactName: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    /// Names in the order of their bytes, each once.
    static func unique(_ names: [String]) -> [String] {
        var unique: [String] = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where unique.last?.hasBytes(of: name) != true { unique.append(name) }
        return unique
    }

    static func == (left: ExactName, right: ExactName) -> Bool { left.text.hasBytes(of: right.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // As a terminator: no UTF-8 has it.
        hasher.combine(0xFF as UInt8)
    }
}

extension String {
    /// Whether both are the same name on the wire.
    func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
