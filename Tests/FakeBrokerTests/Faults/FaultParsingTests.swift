import KafkaProtocol
import Testing

@testable import FakeBroker

struct FaultParsingTests {
    @Test func `actions and words are read`() throws {
        let error = try Fault("produce:error=not_leader_or_follower,count=3,after=2,every=5,topic=orders,client=me")
        #expect(error.apiKey == 0 && error.action == .error(.notLeaderOrFollower))
        #expect(error.count == 3 && error.after == 2 && error.every == 5)
        #expect(error.topic == "orders" && error.client == "me" && error.delay == 0)
        #expect(try Fault("Fetch:delay=1500ms").delay == 1_500_000_000)
        #expect(try Fault("Fetch:delay=5s").action == .none)
        let both = try Fault("Heartbeat:delay=2m,cut")
        #expect(both.action == .cut && both.delay == 120_000_000_000)
        #expect(try Fault("*:hang").apiKey == nil)
        #expect(try Fault("Metadata:garbage").action == .garbage(nil))
        #expect(try Fault("Metadata:garbage=negative").action == .garbage(.negative))
        #expect(try Fault("OffsetCommit:lose").action == .lose)
        #expect(try Fault("OffsetCommit:error=UNKNOWN_SERVER_ERROR").action == .error(.unknownServerError))
    }

    @Test(arguments: [
        ("Produce", "write API:ACTION"),
        ("Prodce:cut", "Produce"),
        ("AddPartitionsToTxn:cut", "It has: ApiVersions"),
        ("Produce:", "unknown word ''"),
        ("Produce:count=3", "give one of error=NAME"),
        ("Produce:error", "write error=NAME"),
        ("Produce:error=", "write error=NAME"),
        ("Produce:error=NOT_LEADER", "NOT_LEADER_OR_FOLLOWER"),
        ("Produce:error=XYZ", "Such as"),
        ("Produce:error=NONE", "does not have"),
        ("Produce:cut=1", "write just cut"),
        ("Produce:cut,hang", "write two faults"),
        ("Produce:delay=5", "500ms or 5s"),
        ("Produce:delay=0s", "500ms or 5s"),
        ("Produce:delay=99999999999999999999s", "500ms or 5s"),
        ("Produce:delay=25h", "500ms or 5s"),
        ("Produce:cut,count=0", "1 or more"),
        ("Produce:cut,every=0", "1 or more"),
        ("Produce:cut,after=-1", "0 or more"),
        ("Produce:cut,after=1,after=2", "says after twice"),
        ("Produce:garbage=lots", "body, long, negative"),
        ("Produce:explode", "Actions: error=NAME"),
        ("Heartbeat:cut,topic=orders", "names none"),
    ])
    func `what cannot be understood is refused with the way out`(text: String, hint: String) {
        let error = #expect(throws: FaultError.self) { try Fault(text) }
        #expect(error?.description.contains(hint) == true, "\(error?.description ?? "nothing")")
        #expect(error?.description.contains("'\(text)'") == true)
    }

    @Test func `sizes are read with their units`() {
        #expect(Quantity.bytes("1024") == 1024)
        #expect(Quantity.bytes("64MiB") == 64 << 20 && Quantity.bytes("2G") == 2 << 30)
        for text in ["", "MiB", "-1", "1.5MiB", "1TB", "9999999999G", "1 MiB"] { #expect(Quantity.bytes(text) == nil) }
    }
}
