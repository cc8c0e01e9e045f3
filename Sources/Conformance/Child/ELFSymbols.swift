/// The names that a 64-bit little-endian library shows to others, from its table of dynamic symbols.
struct ELFSymbols {
    /// What linkers define by themselves.
    private static let linkers: Set<String> = ["_init", "_fini", "_edata", "_end", "__bss_start", "_start"]

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Sorted; nil where the file has no table that can be found.
    func exported() -> [String]? {
        let sections = number(40, 8)
        let size = number(58, 2)
        let count = number(60, 2)
        guard size >= 64, sections > 0, sections <= bytes.count else { return nil }
        for index in 0..<count {
            let section = sections + index * size
            // SHT_DYNSYM
            guard number(section + 4, 4) == 11 else { continue }
            let names = sections + number(section + 40, 4) * size
            return symbols(
                at: number(section + 24, 8), size: number(section + 32, 8), names: number(names + 24, 8),
                end: number(names + 24, 8) + number(names + 32, 8))
        }
        return nil
    }

    private func symbols(at start: Int, size: Int, names: Int, end: Int) -> [String]? {
        guard start >= 0, size >= 0, names >= 0, end <= bytes.count, names <= end, size <= bytes.count,
            start <= bytes.count - size
        else { return nil }
        var found: Set<String> = []
        for symbol in stride(from: start, to: start + size - 23, by: 24) {
            let binding = number(symbol + 4, 1) >> 4
            let visibility = number(symbol + 5, 1) & 3
            // Defined, global or weak or unique, and neither hidden nor internal.
            guard number(symbol + 6, 2) != 0, [1, 2, 10].contains(binding), [0, 3].contains(visibility) else {
                continue
            }
            let name = names + number(symbol, 4)
            guard name < end else { continue }
            found.insert(String(decoding: bytes[name..<end].prefix { $0 != 0 }, as: UTF8.self))
        }
        return found.subtracting(Self.linkers).sorted()
    }

    /// 0 beyond the end.
    private func number(_ offset: Int, _ count: Int) -> Int {
        guard offset >= 0, offset <= bytes.count - count else { return 0 }
        var result: UInt64 = 0
        for index in 0..<count { result |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        return Int(truncatingIfNeeded: result & (1 << 62 - 1))
    }
}
