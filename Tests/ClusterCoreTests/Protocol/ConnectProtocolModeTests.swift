import ClusterCore
import Testing

@Suite struct ConnectProtocolModeTests {
    @Test func `each mode offers itself first and everything older after it`() {
        func offers(_ mode: ConnectProtocolMode) -> [String] { mode.offers.map { "\($0.name)=\($0.version)" } }
        #expect(offers(.eager) == ["default=0"])
        #expect(offers(.compatible) == ["compatible=1", "default=0"])
        #expect(offers(.sessioned) == ["sessioned=2", "compatible=1", "default=0"])
    }

    @Test func `an elected name has its version, an unknown one none`() {
        for mode in ConnectProtocolMode.allCases {
            #expect(ConnectProtocolMode.version(ofProtocolName: mode.offers[0].name) == mode.version)
            #expect(ConnectProtocolMode(rawValue: mode.rawValue) == mode)
        }
        #expect(ConnectProtocolMode.version(ofProtocolName: "eager") == nil)
        #expect(!ConnectProtocolMode.eager.isCooperative && ConnectProtocolMode.compatible.isCooperative)
    }
}
