import ConnectABI

/// Memory that C sees for as long as this object keeps it: what a call hands out until the next call.
///
/// Confined to the instance that owns it.
final class CMemory {
    /// What is handed out at the moment.
    private(set) var blocks: [UnsafeMutableRawPointer] = []

    deinit { reset() }

    /// Frees everything that was handed out.
    func reset() {
        for block in blocks { block.deallocate() }
        blocks.removeAll(keepingCapacity: true)
    }

    /// Zeroed room for so many values; a valid address also for none.
    func array<Element>(of type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        let size = max(count, 1) * MemoryLayout<Element>.stride
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        block.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        blocks.append(block)
        return block.bindMemory(to: Element.self, capacity: max(count, 1))
    }

    /// The elements one after the other.
    func table<Element>(_ elements: [Element]) -> kc_table {
        let items = array(of: Element.self, count: elements.count)
        for (index, element) in elements.enumerated() { (items + index).initialize(to: element) }
        return kc_table(
            items: UnsafeRawPointer(items), count: Int32(clamping: elements.count),
            stride: UInt32(MemoryLayout<Element>.stride))
    }

    /// A copy of bytes.
    func bytes(_ bytes: some Collection<UInt8>) -> UnsafePointer<UInt8> {
        let copy = array(of: UInt8.self, count: bytes.count)
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        return UnsafePointer(copy)
    }

    /// Offsets of partitions as the ABI spells them.
    func topicOffsets(_ offsets: [TopicOffset]) -> kc_table {
        table(
            offsets.map {
                kc_topic_offset(
                    topic: string($0.partition.topic), partition: $0.partition.partition,
                    flags: $0.offset == nil ? 0 : UInt32(KC_OFFSET_PRESENT), offset: $0.offset ?? 0)
            })
    }

    /// Text with its length; nil becomes the null string.
    func string(_ text: String?) -> kc_string {
        guard let text else { return kc_string() }
        return kc_string(bytes: bytes(text.utf8), length: Int32(clamping: text.utf8.count), reserved: 0)
    }

    /// Text with a zero byte at its end; nil becomes NULL.
    func zeroTerminated(_ text: String?) -> UnsafePointer<CChar>? {
        guard let text else { return nil }
        let copy = array(of: CChar.self, count: text.utf8.count + 1)
        for (index, byte) in text.utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
        return UnsafePointer(copy)
    }

    /// An array of texts with zero bytes at their ends; NULL for none.
    func zeroTerminated(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?>? {
        guard !texts.isEmpty else { return nil }
        let list = array(of: UnsafePointer<CChar>?.self, count: texts.count)
        for (index, text) in texts.enumerated() { list[index] = zeroTerminated(text) }
        return UnsafePointer(list)
    }

    /// A value with everything that it holds.
    func value(_ datum: Datum) -> kc_value {
        var result = kc_value()
        switch datum {
        case .null: result.kind = UInt8(KC_NULL)
        case .boolean(let flag):
            result.kind = UInt8(KC_BOOLEAN)
            result.u.i = flag ? 1 : 0
        case .integer(let number):
            result.kind = UInt8(KC_INT64)
            result.u.i = number
        case .double(let number):
            result.kind = UInt8(KC_FLOAT64)
            result.u.d = number
        case .string(let text):
            result.kind = UInt8(KC_STRING)
            result.length = Int32(clamping: text.utf8.count)
            result.u.bytes = bytes(text.utf8)
        case .bytes(let content):
            result.kind = UInt8(KC_BYTES)
            result.length = Int32(clamping: content.count)
            result.u.bytes = bytes(content)
        case .array(let elements):
            result.kind = UInt8(KC_ARRAY)
            result.length = Int32(clamping: elements.count)
            result.u.values = values(elements)
        case .map(let pairs):
            result.kind = UInt8(KC_MAP)
            result.length = Int32(clamping: pairs.count)
            result.u.values = values(pairs.flatMap { [$0.key, $0.value] })
        }
        return result
    }

    private func values(_ data: [Datum]) -> UnsafePointer<kc_value> {
        let list = array(of: kc_value.self, count: data.count)
        for (index, datum) in data.enumerated() { list[index] = value(datum) }
        return UnsafePointer(list)
    }
}
