import Testing

@testable import KafkaProtocol

@Suite struct Murmur2Tests {
    /// Keys with the hash that Apache's `Utils.murmur2` gives and the partition among twelve.
    static let known: [(key: [UInt8], hash: Int32, partition: Int32)] = [
        ([], 275_646_681, 9), (Array("a".utf8), -1_563_381_124, 4), (Array("ab".utf8), 316_155_434, 2),
        (Array("abc".utf8), 479_470_107, 3), (Array("abcd".utf8), -1_323_649_548, 8),
        (Array("é".utf8), 186_971_271, 3), (Array("21".utf8), -973_932_308, 0),
        (Array("foobar".utf8), -790_332_482, 6), (Array("kafka".utf8), -798_503_068, 4),
        (Array("connect".utf8), -1_643_071_455, 5), ([0xff, 0x80, 0, 1, 0xfe], -173_560_464, 8),
        ([0, 0, 0, 0, 0, 0, 0, 42], 506_863_552, 4),
    ]

    @Test(arguments: known)
    func hashAndPartitionAreJavas(key: [UInt8], hash: Int32, partition: Int32) {
        key.withUnsafeBytes { bytes in
            #expect(murmur2(bytes) == hash)
            #expect(KafkaProtocol.partition(forKey: bytes, among: 12) == partition)
        }
    }

    @Test func `a topic without partitions does not trap`() {
        [1, 2, 3].withUnsafeBytes { #expect(KafkaProtocol.partition(forKey: $0, among: 0) == 0) }
    }
}
