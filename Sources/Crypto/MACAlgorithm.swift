/// A message authentication code that can sign, by Java's name for it.
package enum MACAlgorithm: String, Sendable, CaseIterable {
    case sha1 = "HmacSHA1"
    case sha224 = "HmacSHA224"
    case sha256 = "HmacSHA256"
    case sha384 = "HmacSHA384"
    case sha512 = "HmacSHA512"

    /// The algorithm of that name, in any case of letters, as Java looks it up; nil where there is none.
    package init?(javaName name: String) {
        let lower = name.lowercased()
        guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == lower }) else { return nil }
        self = found
    }

    /// Length of a code in bytes.
    package var codeBytes: Int {
        switch self {
        case .sha1: 20
        case .sha224: 28
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// Length in bytes of the key that Java's `KeyGenerator` makes where no size is given: as long as the code, but 64 for
    /// SHA-1.
    package var keyBytes: Int { self == .sha1 ? 64 : codeBytes }
}
