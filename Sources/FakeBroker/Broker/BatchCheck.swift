internal import KafkaProtocol

/// What a broker looks at before it stores a batch: that it is one batch of format 2, whole, and with as many records as it says.
struct BatchCheck {
    let decompressor: Decompressor
    /// Bytes of a batch at most.
    let maximum: Int
    /// Whether a record without a key is refused, as in a topic that is compacted.
    let wantsKeys: Bool

    func read(_ bytes: UnsafeRawBufferPointer) -> Result<RecordBatchInfo, Refusal> {
        guard bytes.count <= maximum else {
            return .failure(Refusal(.messageTooLarge, "\(bytes.count) bytes, where max.message.bytes is \(maximum)"))
        }
        do throws(ProtocolError) {
            var reader = RecordBatchReader(bytes, decompressor: decompressor)
            guard let info = try reader.nextBatch(), reader.position == bytes.count else {
                return .failure(Refusal(.invalidRecord, "The records are not one whole batch."))
            }
            if let reason = objection(to: info) { return .failure(reason) }
            var count: Int32 = 0
            while let record = try reader.next() {
                guard record.offset == info.baseOffset + Int64(count) else {
                    return .failure(Refusal(.invalidRecord, "The record at place \(count) has another offset."))
                }
                if wantsKeys, record.key == nil {
                    return .failure(Refusal(.invalidRecord, "A record of a compacted topic has no key."))
                }
                var headers = record.headers()
                while try headers.next() != nil {}
                count += 1
            }
            decompressor.trim()
            guard count == info.recordCount else {
                return .failure(Refusal(.invalidRecord, "\(count) records, where the batch says \(info.recordCount)"))
            }
            return .success(info)
        } catch {
            if case .checksumMismatch = error { return .failure(Refusal(.corruptMessage, "\(error)")) }
            return .failure(Refusal(.invalidRecord, "\(error)"))
        }
    }

    private func objection(to info: RecordBatchInfo) -> Refusal? {
        if info.magic != 2 {
            return Refusal(.unsupportedForMessageFormat, "Only batches of format 2 are taken, not \(info.magic).")
        }
        if info.isControl { return Refusal(.invalidRecord, "Clients do not write control batches.") }
        if info.isTransactional { return Refusal(.invalidTxnState, "There are no transactions here.") }
        if info.recordCount < 1 || info.lastOffset - info.baseOffset != Int64(info.recordCount) - 1 {
            return Refusal(.invalidRecord, "The batch's count and its last offset contradict one another.")
        }
        if info.producerID >= 0, info.producerEpoch < 0 || info.baseSequence < 0 {
            return Refusal(.invalidRecord, "A producer's batch has no epoch or no sequence.")
        }
        return nil
    }
}
