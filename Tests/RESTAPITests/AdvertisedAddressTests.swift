import ConnectConfig
import HTTPServer
import Testing

@testable import RESTAPI

struct AdvertisedAddressTests {
    private let bound = [HTTPAddress(host: "/run/x.sock", port: 0), HTTPAddress(host: "0.0.0.0", port: 4711)]

    @Test func `what is configured wins over what was bound`() {
        let all = AdvertisedAddress(host: "w1", port: 80, configured: "localhost", bound: bound)
        #expect(all == AdvertisedAddress(host: "w1", port: 80))
        #expect(
            AdvertisedAddress(host: nil, port: nil, configured: "localhost", bound: bound).workerID == "localhost:4711")
        #expect(AdvertisedAddress(host: "", port: 99_999, configured: "h", bound: bound).url == "http://h:4711")
    }

    @Test func `an empty host is replaced by an address of the machine`() {
        let address = AdvertisedAddress(host: nil, port: nil, configured: "", bound: bound)
        #expect(!address.host.isEmpty)
        #expect(address.host != "0.0.0.0")
    }

    @Test func `numbers of IPv6 stand in brackets`() {
        #expect(AdvertisedAddress(host: "::1", port: 8083).url == "http://[::1]:8083")
    }

    @Test func `an address of this host alone is known as such`() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
            #expect(AdvertisedAddress(host: host, port: 8083).isLoopback)
        }
        for host in ["w1", "128.0.0.1", "::2", "localhost.example"] {
            #expect(!AdvertisedAddress(host: host, port: 8083).isLoopback)
        }
    }

    @Test func `listeners that need TLS are told apart`() {
        #expect(HTTPListener(.network(isTLS: false, host: "h", port: 1)) == .network(host: "h", port: 1))
        #expect(HTTPListener(.unix(path: "/x")) == .unix(path: "/x"))
        #expect(HTTPListener(.network(isTLS: true, host: "h", port: 1)) == nil)
    }
}
