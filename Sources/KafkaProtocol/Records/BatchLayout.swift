/// Where the fields of a record batch of format 2 stand (Kafka's `DefaultRecordBatch`), all big-endian.
enum BatchLayout {
    static let baseOffset = 0
    static let batchLength = 8
    static let partitionLeaderEpoch = 12
    static let magic = 16
    static let checksum = 17
    /// The checksum covers everything from here to the end.
    static let attributes = 21
    static let lastOffsetDelta = 23
    static let baseTimestamp = 27
    static let maxTimestamp = 35
    static let producerID = 43
    static let producerEpoch = 51
    static let baseSequence = 53
    static let recordCount = 57
    static let records = 61
    /// What `batchLength` does not count.
    static let overhead = 12

    /// Bits of the attributes; the codec stands in the lowest three.
    static let codecMask: Int16 = 7
    static let appendTime: Int16 = 8
    static let transactional: Int16 = 16
    static let control: Int16 = 32
    static let deleteHorizon: Int16 = 64
}

extension UnsafeMutableRawPointer {
    /// Stores a big-endian integer.
    @inline(__always)
    func storeBig<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
    }
}

extension UnsafeRawPointer {
    /// Loads a big-endian integer; the caller has checked that it is there.
    @inline(__always)
    func loadBig<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
