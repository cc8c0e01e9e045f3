import KafkaProtocol

/// Decodes a message of any API and version; what can be decoded must survive being encoded and decoded again.
///
/// An input is the API's number, 0 for a request or 1 for an answer, the version, then the message.
func fuzzMessages(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    let input = UnsafeRawBufferPointer(bytes)
    guard input.count > 3, let api = APIDescription.find(Int16(input[0])) else { return -1 }
    let body = UnsafeRawBufferPointer(rebasing: input[3...])
    let type = input[1] & 1 == 0 ? api.request : api.response
    check(type, body, version: Int16(input[2]))
    _ = try? ConsumerProtocol.decodeSubscription([UInt8](body))
    _ = try? ConsumerProtocol.decodeAssignment([UInt8](body))
    return 0
}

private func check<M: KafkaMessage>(_ type: M.Type, _ body: UnsafeRawBufferPointer, version: Int16) {
    var first = ByteReader(body)
    guard let message = try? M(from: &first, version: version) else { return }
    var w = ByteWriter()
    // Records of a frame cannot be encoded, and neither can strings above Java's limit.
    guard (try? message.encode(&w, version: version)) != nil else { return }
    let again = w.takeBytes()
    again.withUnsafeBytes { again in
        var second = ByteReader(again)
        let copy = try? M(from: &second, version: version)
        require(copy == message || isNotANumber(copy, message), "\(M.self) \(version) does not survive")
        require(second.remaining == 0, "\(M.self) \(version) is not read to its end")
    }
}

/// Whether two differ only because a floating-point field is not equal to itself.
private func isNotANumber<M: KafkaMessage>(_ copy: M?, _ message: M) -> Bool { message != message && copy != nil }
