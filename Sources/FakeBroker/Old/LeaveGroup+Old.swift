internal import KafkaProtocol

extension LeaveGroupRequest: OldRequest {
    static var oldVersions: ClosedRange<Int16> { 0...2 }

    /// One member, where newer versions have a list.
    init(fromOld r: inout ByteReader, version: Int16) throws(ProtocolError) {
        self.init()
        groupId = try r.string(false)
        var member = MemberIdentity()
        member.memberId = try r.string(false)
        members = [member]
    }
}

extension LeaveGroupResponse: OldResponse {
    func encodeOld(_ w: inout ByteWriter, version: Int16) throws(ProtocolError) {
        if version >= 1 { w.int32(throttleTimeMs) }
        w.int16(errorCode != 0 ? errorCode : members.first?.errorCode ?? 0)
    }
}
