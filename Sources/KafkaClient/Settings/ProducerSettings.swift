internal import KafkaProtocol

/// The keys of a producer. Times are nanoseconds, sizes bytes.
public struct ProducerSettings: Sendable {
    /// What the broker must have done before it answers.
    public enum Acknowledgement: Int16, Sendable { case none = 0, leader = 1, all = -1 }

    /// How batches are compressed.
    public enum Compression: Int8, Sendable { case none = 0, gzip, snappy, lz4, zstd }

    /// `acks`.
    public var acks = Acknowledgement.all
    /// `batch.size`: a batch is sealed when the next record does not fit.
    public var batchSize = 16_384
    /// `buffer.memory`: bytes of open and unconfirmed batches together.
    public var bufferMemory = 33_554_432
    /// `compression.type`.
    public var compression = Compression.none
    /// The level of the chosen codec.
    public var compressionLevel: Int32 = 0
    /// `delivery.timeout.ms`: from the making of a batch to its confirmation.
    public var deliveryTimeout: UInt64 = 120_000_000_000
    /// Whether batches carry a producer id and sequences.
    public var isIdempotent = true
    /// Whether `enable.idempotence` was given: then a broker that refuses is an error instead of a warning.
    public var isIdempotenceExplicit = false
    /// `linger.ms`.
    public var linger: UInt64 = 5_000_000
    /// `max.block.ms`: how long metadata of a topic or space in the buffer may be waited for.
    public var maxBlock: UInt64 = 60_000_000_000
    /// `max.in.flight.requests.per.connection`.
    public var maxInFlight = 5
    /// `max.request.size`.
    public var maxRequestSize = 1_048_576
    /// `metadata.max.idle.ms`.
    public var metadataMaxIdle: UInt64 = 300_000_000_000
    /// `partitioner.adaptive.partitioning.enable`.
    public var adaptivePartitioning = true
    /// `partitioner.availability.timeout.ms`.
    public var partitionAvailabilityTimeout: UInt64 = 0
    /// `partitioner.ignore.keys`.
    public var ignoresKeys = false
    /// `retries`.
    public var retries = Int(Int32.max)

    /// How long records wait for a partition that the metadata does not name: it may be new, or a broker may be behind.
    static let patienceWithPartitions: UInt64 = 60_000_000_000

    /// Java's defaults.
    public init() {}

    init(_ reader: inout SettingsReader, requestTimeout: UInt64) {
        switch reader.word("acks") {
        case "0": acks = .none
        case "1": acks = .leader
        default: acks = .all
        }
        batchSize = reader.int("batch.size")
        bufferMemory = reader.int("buffer.memory")
        switch reader.word("compression.type") {
        case "gzip": (compression, compressionLevel) = (.gzip, Int32(reader.number("compression.gzip.level")))
        case "snappy": compression = .snappy
        case "lz4": (compression, compressionLevel) = (.lz4, Int32(reader.number("compression.lz4.level")))
        case "zstd": (compression, compressionLevel) = (.zstd, Int32(reader.number("compression.zstd.level")))
        default: compression = .none
        }
        deliveryTimeout = reader.nanoseconds("delivery.timeout.ms")
        linger = reader.nanoseconds("linger.ms")
        maxBlock = reader.nanoseconds("max.block.ms")
        maxInFlight = reader.int("max.in.flight.requests.per.connection")
        maxRequestSize = reader.int("max.request.size")
        metadataMaxIdle = reader.nanoseconds("metadata.max.idle.ms")
        adaptivePartitioning = reader.flag("partitioner.adaptive.partitioning.enable")
        partitionAvailabilityTimeout = reader.nanoseconds("partitioner.availability.timeout.ms")
        ignoresKeys = reader.flag("partitioner.ignore.keys")
        retries = reader.int("retries")
        readIdempotence(&reader)
        checkDeliveryTimeout(&reader, requestTimeout: requestTimeout)
    }

    /// A compressor of the chosen codec, nil without compression.
    func makeCompressor() -> Compressor? {
        switch compression {
        case .none: nil
        case .gzip: Compressor(.gzip, level: compressionLevel < 0 ? nil : compressionLevel)
        case .snappy: Compressor(.snappy)
        case .lz4: Compressor(.lz4, level: compressionLevel)
        case .zstd: Compressor(.zstd, level: compressionLevel)
        }
    }

    /// As Java: idempotence needs acks=all, retries and at most 5 in flight; where the first two contradict it, it is
    /// switched off silently unless it was asked for; more than 5 in flight is an error unless it is switched off.
    private mutating func readIdempotence(_ reader: inout SettingsReader) {
        isIdempotenceExplicit = reader.isSet("enable.idempotence")
        isIdempotent = reader.flag("enable.idempotence")
        guard isIdempotent else { return }
        if maxInFlight > 5 {
            reader.complain(
                of: "max.in.flight.requests.per.connection",
                "max.in.flight.requests.per.connection: must be at most 5 with enable.idempotence=true")
        }
        guard acks != .all || retries == 0 else { return }
        guard isIdempotenceExplicit else {
            isIdempotent = false
            return
        }
        if acks != .all { reader.complain(of: "acks", "acks: must be all with enable.idempotence=true") }
        if retries == 0 { reader.complain(of: "retries", "retries: must be above 0 with enable.idempotence=true") }
    }

    private mutating func checkDeliveryTimeout(_ reader: inout SettingsReader, requestTimeout: UInt64) {
        let least = adding(linger, to: requestTimeout)
        guard deliveryTimeout < least else { return }
        if reader.isSet("delivery.timeout.ms") {
            reader.complain(
                of: "delivery.timeout.ms", "delivery.timeout.ms: must be at least linger.ms + request.timeout.ms")
        } else {
            deliveryTimeout = least
        }
    }
}
