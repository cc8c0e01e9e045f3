/// How much a JSON text may ask for, and which departures from RFC 8259 are let through.
public struct JSONLimits: Sendable, Equatable {
    /// What happens to an object that names a member twice.
    public enum Duplicates: Sendable, Equatable {
        /// The text is refused, at the position of the second name.
        case refuse
        /// The later value takes the place of the earlier one, as Jackson does.
        case lastWins
    }

    /// Departures from RFC 8259 that a caller may allow.
    public struct Leniency: OptionSet, Sendable {
        /// One bit per departure.
        public let rawValue: UInt8

        /// A set from its bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Numbers may start with zeros (`007`), which Kafka's JsonConverter accepts.
        public static let leadingZeros = Leniency(rawValue: 1)
        /// An escaped half of a surrogate pair stands for `?`, which is what Java writes for it in UTF-8.
        public static let loneSurrogates = Leniency(rawValue: 2)
        /// The text may start with the UTF-8 byte order mark.
        public static let byteOrderMark = Leniency(rawValue: 4)
        /// Anything may stand behind the value and is not looked at, as Jackson does it. White space has to part it from a
        /// number, and what is no letter from a word.
        public static let textBehind = Leniency(rawValue: 8)
    }

    /// The longest text, in bytes.
    public var maximumBytes: Int
    /// How deep arrays and objects may nest; never more than ``JSONScanner/deepest``.
    public var maximumDepth: Int
    /// The longest number, in bytes.
    public var maximumNumberBytes: Int
    /// What happens to an object that names a member twice. ``JSONScanner`` does not look.
    public var duplicates: Duplicates
    /// Departures from RFC 8259.
    public var leniency: Leniency

    /// The strict limits, save what is named.
    public init(
        maximumBytes: Int = 16 << 20, maximumDepth: Int = 256, maximumNumberBytes: Int = 1000,
        duplicates: Duplicates = .refuse, leniency: Leniency = []
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumNumberBytes = maximumNumberBytes
        self.duplicates = duplicates
        self.leniency = leniency
    }

    /// Strict, for texts of people and programs: 16 MiB, depth 256, no member twice.
    public static let strict = JSONLimits()

    /// What Jackson takes with the settings of Kafka's JsonConverter: depth 1000, the last of two equal members wins,
    /// leading zeros, a byte order mark, lone surrogates.
    public static let jackson = JSONLimits(
        maximumBytes: Int(Int32.max), maximumDepth: 1000, duplicates: .lastWins,
        leniency: [.leadingZeros, .loneSurrogates, .byteOrderMark])
}
