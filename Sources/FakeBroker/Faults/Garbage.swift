/// Bytes that no broker should send, of one kind.
package enum Garbage: String, Sendable, CaseIterable {
    /// A frame with the right number whose body is noise.
    case body
    /// The announcement of 2 GiB, and a little of it.
    case long
    /// A negative length.
    case negative
    /// An answer to a request that was never made.
    case stranger
    /// A frame that breaks off in the middle, the connection closed after it.
    case short
    /// Noise alone.
    case noise

    /// The bytes.
    ///
    /// - Parameters:
    ///   - correlationID: of the request that they take the answer's place of.
    ///   - seed: the same one gives the same bytes.
    package func bytes(correlationID: Int32, seed: UInt64) -> [UInt8] {
        var noise = Noise(state: seed)
        switch self {
        case .body: return frame(correlationID, noise.bytes(64))
        case .long: return Self.number(Int32.max) + Self.number(correlationID) + noise.bytes(32)
        case .negative: return Self.number(-2) + noise.bytes(32)
        case .stranger: return frame(correlationID ^ 0x5555_5555, noise.bytes(64))
        case .short: return Self.number(1000) + Self.number(correlationID) + noise.bytes(32)
        case .noise: return noise.bytes(256)
        }
    }

    /// Whether the connection is closed behind the bytes: without that a client waits for the rest by right.
    package var endsConnection: Bool { self == .short }

    private func frame(_ correlationID: Int32, _ body: [UInt8]) -> [UInt8] {
        Self.number(Int32(4 + body.count)) + Self.number(correlationID) + body
    }

    private static func number(_ value: Int32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}

/// The generator SplitMix64.
private struct Noise {
    var state: UInt64

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return UInt8(truncatingIfNeeded: mixed ^ (mixed >> 31))
        }
    }
}
