import CConformance
import ConnectABI
import Glibc
import Synchronization

/// Memory that the library is lent for one call.
///
/// Every text, table and struct lies in pages of its own and ends where a page begins that nobody may touch: reading on beyond
/// a text's length, as one does who takes it for a C string, is a fault, which is named. ``seal()`` makes it readable only,
/// ``retire()`` takes it away when the call is over. Confined to one thread.
final class LentMemory {
    /// Regions that were taken away and still catch whoever uses them; the oldest are given back.
    private static let retired = Mutex<[Region]>(reserved())
    private static let mostRetired = 3000

    /// Does not grow while memory is measured.
    private static func reserved() -> [Region] {
        var regions: [Region] = []
        regions.reserveCapacity(2 * mostRetired)
        return regions
    }

    /// How the host of this check is built.
    let shape: HostShape
    private let label: String
    private var regions: [Region] = []

    /// - Parameter label: what it is, in a sentence such as "it used … after the call".
    init(_ label: String, _ shape: HostShape) {
        self.label = label
        self.shape = shape
    }

    deinit { retire() }

    /// Room of its own that ends at a guarded page.
    func allocate(_ size: Int, alignment: Int = 8) -> UnsafeMutableRawPointer {
        let region = ccf_map(size, alignment, label)
        guard let bytes = region.bytes else { LentMemory.exhausted() }
        regions.append(Region(region))
        return UnsafeMutableRawPointer(bytes)
    }

    func store<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
        let place = allocate(MemoryLayout<Value>.size).bindMemory(to: Value.self, capacity: 1)
        place.initialize(to: value)
        return place
    }

    func bytes(_ bytes: [UInt8]) -> UnsafePointer<UInt8> {
        let place = allocate(bytes.count, alignment: 1)
        bytes.withUnsafeBytes { if let start = $0.baseAddress { place.copyMemory(from: start, byteCount: $0.count) } }
        return UnsafePointer(place.assumingMemoryBound(to: UInt8.self))
    }

    func string(_ text: String?) -> kc_string {
        guard let text else { return kc_string() }
        let bytes = Array(text.utf8)
        return kc_string(bytes: self.bytes(bytes), length: Int32(truncatingIfNeeded: bytes.count), reserved: 0)
    }

    /// Items one behind the other, as C arrays are that a call passes with their count; nil for none.
    func array<Item>(_ items: [Item]) -> UnsafePointer<Item>? {
        guard !items.isEmpty else { return nil }
        let place = allocate(items.count * MemoryLayout<Item>.stride).bindMemory(to: Item.self, capacity: items.count)
        for (index, item) in items.enumerated() { (place + index).initialize(to: item) }
        return UnsafePointer(place)
    }

    /// Items with their stride, which is larger where the host is newer.
    func table<Item>(_ items: [Item]) -> kc_table {
        let stride = MemoryLayout<Item>.stride + shape.extraBytes
        guard !items.isEmpty else { return kc_table(items: nil, count: 0, stride: UInt32(stride)) }
        let place = allocate(items.count * stride)
        for (index, item) in items.enumerated() {
            let start = place + index * stride
            start.bindMemory(to: Item.self, capacity: 1).initialize(to: item)
            // What a newer host has there; nobody may take it for something known.
            memset(start + MemoryLayout<Item>.stride, 0xAA, shape.extraBytes)
        }
        return kc_table(
            items: UnsafeRawPointer(place), count: Int32(truncatingIfNeeded: items.count), stride: UInt32(stride))
    }

    /// From now on it can be read only.
    func seal() {
        for region in regions { region.protect(CCF_READABLE) }
    }

    /// From now on it can be read only, for as long as the process lives.
    func keepForGood() {
        seal()
        regions.removeAll()
    }

    /// Takes it away.
    func retire() {
        guard !regions.isEmpty else { return }
        for region in regions { region.protect(CCF_GONE) }
        let gone = regions
        let old = LentMemory.retired.withLock { retired -> [Region] in
            retired += gone
            let surplus = max(0, retired.count - LentMemory.mostRetired)
            defer { retired.removeFirst(surplus) }
            return Array(retired.prefix(surplus))
        }
        for region in old { region.unmap() }
        regions.removeAll()
    }

    /// Pages with a guarded one behind them.
    private struct Region: @unchecked Sendable {
        // Guard of the unchecked conformance: addresses and numbers that never change.
        private let raw: ccf_region

        init(_ raw: ccf_region) { self.raw = raw }

        func protect(_ state: ccf_state) { withUnsafePointer(to: raw) { ccf_protect($0, state) } }

        func unmap() { withUnsafePointer(to: raw) { ccf_unmap($0) } }
    }

    static func exhausted() -> Never {
        Output.write("- the checker itself is out of memory\n", to: Session.reportDescriptor)
        _exit(9)
    }
}

/// How the host of a check is built: as this version's, as a later one's, or with fewer services.
struct HostShape: Sendable {
    /// Added to the size of structs that have one and to the strides of tables.
    var extraBytes = 0
    /// Of the table of services.
    var hostBytes = MemoryLayout<kc_host>.size
    /// Set in flags that libraries read, beside the known bits.
    var unknownFlags: UInt32 = 0
    /// Room for the texts of errors.
    var errorCapacity = 4096

    static let usual = HostShape()
    /// What a later minor version may look like.
    static let later = HostShape(
        extraBytes: 32, hostBytes: MemoryLayout<kc_host>.size + 64, unknownFlags: 0x7fff_0000, errorCapacity: 4096)
    /// A host without the last of the services.
    static let smaller = HostShape(hostBytes: MemoryLayout<kc_host>.offset(of: \.get_extension) ?? 144)
}
