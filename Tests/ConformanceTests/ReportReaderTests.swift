import Testing

@testable import Conformance

@Suite struct ReportReaderTests {
    private func reader(_ text: String, now: Double = 0) -> ReportReader {
        var reader = ReportReader()
        reader.take(Array(text.utf8), now: now)
        return reader
    }

    @Test func `a check without problems is ok, with what is worth knowing`() {
        let reader = reader("> 1 start of the connector\n< 1\n+ 3 records\n= \n")
        #expect(reader.isComplete)
        #expect(reader.verdict == Verdict(result: .ok, remarks: ["3 records"]))
    }

    @Test func `problems count more than a reason to skip, and each is told once`() {
        let reader = reader("~ nothing came\n- one\n- two\n- one\n= \n")
        #expect(reader.verdict == Verdict(result: .fail, remarks: ["one", "two"]))
        #expect(self.reader("~ nothing came\n= \n").verdict == Verdict(result: .skip, remarks: ["nothing came"]))
    }

    @Test func `the calls that were under way say where a process ended`() {
        #expect(reader("").place == " before any call")
        #expect(reader("> 1 create of the connector\n< 1\n").place == " after create of the connector had returned")
        #expect(reader("> 1 poll\n> 2 interrupt during poll\n").place == " in poll and interrupt during poll")
        #expect(!reader("> 1 poll\n").isComplete)
    }

    @Test func `lines may come in pieces`() {
        var reader = ReportReader()
        for byte in Array("> 12 poll of the source task\n! it used a text\n".utf8) { reader.take([byte], now: 0) }
        #expect(reader.place == " in poll of the source task")
        #expect(reader.fault == "it used a text")
    }

    @Test func `a call is late after its limit, unless it has returned`() {
        var reader = reader("> 1 stop\n", now: 10)
        #expect(reader.lateCall(now: 12, limit: 2) == nil)
        #expect(reader.lateCall(now: 12.6, limit: 2) == "stop")
        reader.take(Array("< 1\n".utf8), now: 13)
        #expect(reader.lateCall(now: 99, limit: 2) == nil)
    }

    @Test func `nonsense is passed over`() {
        let reader = reader("\n> x\n>\n< 7\n@ sink\nhello\n")
        #expect(reader.kind == .sink)
        #expect(reader.verdict == Verdict(result: .ok, remarks: []))
    }
}
