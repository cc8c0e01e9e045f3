import ConnectABI
import Synchronization

/// The services that look at what they are given.
enum HostServices {
    private static func refuse(_ reply: UnsafeMutablePointer<kc_reply>?, _ text: String) -> kc_status {
        guard let reply, let room = reply.pointee.error else { return kc_status(KC_FATAL) }
        let bytes = Array(text.utf8).prefix(Int(reply.pointee.error_capacity))
        for (index, byte) in bytes.enumerated() { room[index] = CChar(bitPattern: byte) }
        reply.pointee.error_length = UInt32(bytes.count)
        return kc_status(KC_FATAL)
    }

    static func readOffsets(
        _ pointer: OpaquePointer?, _ partitions: UnsafePointer<kc_value>?, _ count: Int32,
        _ offsets: UnsafeMutablePointer<UnsafePointer<kc_value>?>?, _ reply: UnsafeMutablePointer<kc_reply>?
    ) -> kc_status {
        guard let context = HostContext.of(pointer) else { return kc_status(KC_FATAL) }
        guard context.used("read_offsets", isSerial: true, onlyFor: [.sourceTask, .connector]) else {
            return refuse(reply, "not now")
        }
        guard let offsets, count >= 0, count == 0 || partitions != nil else {
            context.session.problem(
                "host->read_offsets is asked for \(count) partitions at no address, or without a place for the answer")
            return refuse(reply, "nonsense")
        }
        var asked: [SampleValue] = []
        for index in 0..<Int(count) {
            guard let value = partitions?[index] else { break }
            if let problem = ValueCheck.partitionProblem(value) {
                context.session.problem("host->read_offsets is asked for a source partition that \(problem)")
                return refuse(reply, "nonsense")
            }
            asked.append(SampleValue(value).stored)
        }
        let found = context.state.withLock { state in
            state.readsOfOffsets += 1
            return asked.map { state.offsets[$0] ?? .null }
        }
        offsets.pointee = context.answer { memory in memory.array(found.map { $0.value(in: memory) }) }
        return kc_status(KC_OK)
    }

    static func reportBadRecord(
        _ pointer: OpaquePointer?, _ batch: UnsafePointer<kc_batch>?, _ index: Int32, _ message: kc_string,
        _ ticket: UnsafeMutablePointer<UInt64>?, _ reply: UnsafeMutablePointer<kc_reply>?
    ) -> kc_status {
        guard let context = HostContext.of(pointer) else { return kc_status(KC_FATAL) }
        context.used("report_bad_record", isSerial: true, onlyFor: [.sinkTask])
        context.check(message, "the reason of a bad record")
        let (last, count) = context.state.withLock { ($0.batchOfPut, $0.recordsOfPut) }
        guard UInt(bitPattern: batch) == last, index >= 0, index < count else {
            context.session.problem(
                "record \(index) is reported as bad, which is not of the batch that put was given last")
            return refuse(reply, "no such record")
        }
        ticket?.pointee = 1
        return kc_status(KC_OK)
    }

    static func assignment(
        _ pointer: OpaquePointer?, _ partitions: UnsafeMutablePointer<UnsafePointer<kc_topic_partition>?>?,
        _ count: UnsafeMutablePointer<Int32>?, _ reply: UnsafeMutablePointer<kc_reply>?
    ) -> kc_status {
        guard let context = HostContext.of(pointer) else { return kc_status(KC_FATAL) }
        guard context.used("assignment", isSerial: true, onlyFor: [.sinkTask]) else { return refuse(reply, "not now") }
        let held = context.state.withLock { $0.assignment }
        let array = context.answer { memory in memory.array(held.map { $0.kc(in: memory) }) }
        partitions?.pointee = array
        count?.pointee = Int32(truncatingIfNeeded: held.count)
        return kc_status(KC_OK)
    }

    static func pause(
        _ service: String, _ pointer: OpaquePointer?, _ partitions: UnsafePointer<kc_topic_partition>?, _ count: Int32,
        _ reply: UnsafeMutablePointer<kc_reply>?
    ) -> kc_status {
        guard let context = HostContext.of(pointer) else { return kc_status(KC_FATAL) }
        context.used(service, isSerial: true, onlyFor: [.sinkTask])
        guard count >= 0, count == 0 || partitions != nil else {
            context.session.problem("host->\(service) is given \(count) partitions at no address")
            return refuse(reply, "nonsense")
        }
        for index in 0..<Int(count) {
            guard let entry = partitions?[index] else { break }
            if !isAssigned(entry.topic, entry.partition, context) {
                return refuse(reply, "the partition is not assigned")
            }
        }
        return kc_status(KC_OK)
    }

    static func rewind(
        _ pointer: OpaquePointer?, _ offsets: UnsafePointer<kc_topic_offset>?, _ count: Int32,
        _ reply: UnsafeMutablePointer<kc_reply>?
    ) -> kc_status {
        guard let context = HostContext.of(pointer) else { return kc_status(KC_FATAL) }
        context.used("rewind", isSerial: true, onlyFor: [.sinkTask])
        guard count >= 0, count == 0 || offsets != nil else {
            context.session.problem("host->rewind is given \(count) offsets at no address")
            return refuse(reply, "nonsense")
        }
        for index in 0..<Int(count) {
            guard let entry = offsets?[index] else { break }
            if entry.offset < 0 { context.session.problem("host->rewind is given the offset \(entry.offset)") }
            if !isAssigned(entry.topic, entry.partition, context) {
                return refuse(reply, "the partition is not assigned")
            }
        }
        return kc_status(KC_OK)
    }

    private static func isAssigned(_ topic: kc_string, _ number: Int32, _ context: HostContext) -> Bool {
        context.check(topic, "the topic of a partition")
        let partition = HostContext.Partition(topic: StringCheck.text(topic), number: number)
        return context.state.withLock { $0.assignment.contains(partition) }
    }
}

extension HostContext.Partition {
    func kc(in memory: LentMemory) -> kc_topic_partition {
        kc_topic_partition(topic: memory.string(topic), partition: number, reserved: 0)
    }
}
