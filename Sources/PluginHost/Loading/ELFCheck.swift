import Glibc

/// Looks at a shared library before the dynamic linker does: a file that is cut short kills whoever maps it, and one with
/// writable code has no business here.
struct ELFCheck {
    private static let headerSize = 64
    private static let segmentSize = 56
    private static let mostSegments = 512
    private static let mostDynamicBytes = 1 << 20

    private let size: UInt64
    private let read: (_ offset: UInt64, _ count: Int) -> [UInt8]

    /// - Parameters:
    ///   - size: of the file.
    ///   - read: gives so many bytes at an offset, fewer at the end of the file.
    init(size: UInt64, read: @escaping (_ offset: UInt64, _ count: Int) -> [UInt8]) {
        self.size = size
        self.read = read
    }

    /// A check of an open file.
    init(descriptor: Int32, size: Int64) {
        self.init(size: UInt64(max(size, 0))) { offset, count in
            var bytes = [UInt8](repeating: 0, count: count)
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(clamping: offset))
            }
            return Array(bytes.prefix(max(got, 0)))
        }
    }

    /// Refuses everything but a whole 64-bit shared library for this processor without writable code.
    func check() throws(PluginRefusal) {
        let header = Fields(read(0, Self.headerSize))
        guard header.bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
            throw PluginRefusal("is not an ELF shared library")
        }
        guard header.bytes.count == Self.headerSize else { throw cutShort("its header") }
        guard header.bytes[4] == 2, header.bytes[5] == 1 else {
            throw PluginRefusal("is an ELF file of another class (32 bits or big-endian): build it for this machine")
        }
        guard header.number(at: 16, bytes: 2) == 3 else {
            throw PluginRefusal("is an ELF file but not a shared library: link it with -shared")
        }
        let machine = header.number(at: 18, bytes: 2)
        guard machine == Self.nativeMachine else {
            throw PluginRefusal(
                "is built for processor \(machine) in ELF's numbers, this machine is \(Self.nativeMachine): build it for "
                    + "this one")
        }
        try checkSegments(
            at: header.number(at: 32, bytes: 8), count: Int(header.number(at: 56, bytes: 2)),
            entrySize: header.number(at: 54, bytes: 2))
    }

    private func checkSegments(at offset: UInt64, count: Int, entrySize: UInt64) throws(PluginRefusal) {
        guard entrySize == UInt64(Self.segmentSize), (1...Self.mostSegments).contains(count) else {
            throw PluginRefusal("its table of segments is nonsense: build it again")
        }
        let table = Fields(read(offset, count * Self.segmentSize))
        guard table.bytes.count == count * Self.segmentSize else { throw cutShort("its table of segments") }
        for index in 0..<count {
            let base = index * Self.segmentSize
            let place = table.number(at: base + 8, bytes: 8)
            let length = table.number(at: base + 32, bytes: 8)
            let (end, overflow) = place.addingReportingOverflow(length)
            guard !overflow, end <= size else { throw cutShort("segment \(index)") }
            switch table.number(at: base, bytes: 4) {
            case Self.stackSegment where table.number(at: base + 4, bytes: 4) & 1 != 0:
                throw PluginRefusal("asks for an executable stack: link it with -z noexecstack")
            case Self.dynamicSegment: try checkDynamic(at: place, length: length)
            default: continue
            }
        }
    }

    private func checkDynamic(at offset: UInt64, length: UInt64) throws(PluginRefusal) {
        let table = Fields(read(offset, Int(min(length, UInt64(Self.mostDynamicBytes)))))
        for base in stride(from: 0, to: table.bytes.count - 15, by: 16) {
            let tag = table.number(at: base, bytes: 8)
            if tag == 0 { return }
            let hasTextFlag = tag == Self.flagsTag && table.number(at: base + 8, bytes: 8) & 4 != 0
            if tag == Self.textRelocationTag || hasTextFlag {
                throw PluginRefusal("needs its code rewritten while it is loaded (TEXTREL): compile it with -fPIC")
            }
        }
    }

    private func cutShort(_ what: String) -> PluginRefusal {
        PluginRefusal("is cut short: \(what) ends beyond its \(size) bytes; copy the file again")
    }

    private static let dynamicSegment: UInt64 = 2
    private static let stackSegment: UInt64 = 0x6474_e551
    private static let textRelocationTag: UInt64 = 22
    private static let flagsTag: UInt64 = 30

    /// ELF's number of this processor.
    static var nativeMachine: UInt64 {
        #if arch(x86_64)
            return 62
        #elseif arch(arm64)
            return 183
        #elseif arch(riscv64)
            return 243
        #else
            #error("unknown processor: add its ELF machine number")
        #endif
    }

    /// Little-endian numbers in bytes; 0 beyond their end.
    private struct Fields {
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func number(at offset: Int, bytes count: Int) -> UInt64 {
            var result: UInt64 = 0
            for index in 0..<count where offset + index < bytes.count {
                result |= UInt64(bytes[offset + index]) << UInt64(8 * index)
            }
            return result
        }
    }
}
