/// A sealed batch as the producer's machine sees it: numbers only, the bytes stay with the driver.
package struct ProducerBatch: Sendable, Equatable {
    /// The driver's handle, unique among the batches that are not completed.
    package let id: Int
    /// The partition, as the driver numbers partitions from 0.
    package let slot: Int
    /// Records in the batch, at least 1.
    package let recordCount: Int32
    /// Bytes on the wire.
    package let byteCount: Int
    /// When the batch was begun; `delivery.timeout.ms` runs from here.
    package let createdAt: UInt64

    package init(id: Int, slot: Int, recordCount: Int32, byteCount: Int, createdAt: UInt64) {
        self.id = id
        self.slot = slot
        self.recordCount = recordCount
        self.byteCount = byteCount
        self.createdAt = createdAt
    }
}

/// The producer id and epoch that stand in a batch's header.
package struct ProducerIdentity: Sendable, Equatable {
    package let id: Int64
    package let epoch: Int16

    package init(id: Int64, epoch: Int16) {
        self.id = id
        self.epoch = epoch
    }
}

/// What to write into a batch's header before it is sent.
package struct ProducerStamp: Sendable, Equatable {
    package let identity: ProducerIdentity
    package let baseSequence: Int32

    package init(identity: ProducerIdentity, baseSequence: Int32) {
        self.identity = identity
        self.baseSequence = baseSequence
    }
}

/// One Produce request to put on the wire.
package struct ProduceCommand: Sendable, Equatable {
    /// One batch of the request. A partition has at most one.
    package struct Part: Sendable, Equatable {
        package let slot: Int
        package let batch: Int
        /// Set when the header must be written (anew); nil when the bytes go out as they did before.
        package let stamp: ProducerStamp?

        package init(slot: Int, batch: Int, stamp: ProducerStamp?) {
            self.slot = slot
            self.batch = batch
            self.stamp = stamp
        }
    }

    /// The number under which the answer is reported back.
    package let request: Int
    /// Node id of the leader of all parts.
    package let node: Int32
    package let parts: [Part]

    package init(request: Int, node: Int32, parts: [Part]) {
        self.request = request
        self.node = node
        self.parts = parts
    }
}

/// What a broker answered for one partition of a Produce request.
package struct ProduceAnswer: Sendable, Equatable {
    package var slot: Int
    package var errorCode: Int16
    package var baseOffset: Int64
    /// -1 when the broker did not say.
    package var logStartOffset: Int64
    /// Milliseconds, -1 unless the topic stamps on append.
    package var appendTime: Int64
    /// The leader that the answer hints at (KIP-951), -1 without a usable hint.
    package var hintedLeader: Int32
    package var hintedEpoch: Int32
    /// The broker's own words.
    package var message: String?

    package init(
        slot: Int, errorCode: Int16, baseOffset: Int64 = -1, logStartOffset: Int64 = -1, appendTime: Int64 = -1,
        hintedLeader: Int32 = -1, hintedEpoch: Int32 = -1, message: String? = nil
    ) {
        self.slot = slot
        self.errorCode = errorCode
        self.baseOffset = baseOffset
        self.logStartOffset = logStartOffset
        self.appendTime = appendTime
        self.hintedLeader = hintedLeader
        self.hintedEpoch = hintedEpoch
        self.message = message
    }
}

/// Why a request brought no answer.
package enum RequestFailure: Sendable, Equatable {
    /// The connection went away after the request was given to it: the broker may or may not have acted.
    case disconnected
    /// No answer in time; the broker may or may not have acted.
    case timedOut
    /// The request never left.
    case notSent
    /// The broker's versions and ours do not meet.
    case unsupportedVersion
    /// The answer could not be read; the broker has acted.
    case malformed
}

/// Why a batch was given up.
package struct ProducerFailure: Error, Equatable {
    package enum Reason: Sendable, Equatable {
        case broker, deliveryTimedOut, retriesExhausted, tooLarge, unsupportedVersion, closed
        /// The topic was made anew and has no such partition.
        case partitionGone
        /// Part of a batch that was cut as too large, and that may be in the log as a whole.
        case inDoubt
        /// The batch is too large and could not be cut, for want of memory or for what the message says.
        case noMemory, notCut
    }

    package let reason: Reason
    /// The last error code of a broker, 0 when there was none.
    package let errorCode: Int16
    /// The broker's words.
    package let message: String?

    package init(_ reason: Reason, errorCode: Int16 = 0, message: String? = nil) {
        self.reason = reason
        self.errorCode = errorCode
        self.message = message
    }
}

/// How a batch ended.
package enum BatchOutcome: Sendable, Equatable {
    /// The broker has it. The offset is -1 where it did not say (acks=0, a repeat older than it remembers).
    case acknowledged(baseOffset: Int64, appendTime: Int64)
    case failed(ProducerFailure)
}

/// What the driver of a producer must do.
package enum ProducerAction: Sendable, Equatable {
    case send(ProduceCommand)
    /// Send InitProducerId to any broker and report the answer.
    case requestProducerID
    /// Open a connection to a node and report when it is ready.
    case connect(node: Int32)
    /// Ask for metadata of the partition's topic soon.
    case refreshMetadata(slot: Int)
    case complete(batch: Int, BatchOutcome)
    /// Cut the batch into smaller ones and report them.
    case split(batch: Int)
    /// The broker refuses idempotence: from here on one request in flight, no producer id. Worth one warning.
    case idempotenceDisabled(errorCode: Int16)
    /// Sequences of a partition start anew under a higher epoch. Worth a line in the log.
    case epochRaised(slot: Int, ProducerIdentity)
    /// The producer takes no more batches.
    case failed(ProducerFailure)
    /// Everything is answered after `close`.
    case closed
}
