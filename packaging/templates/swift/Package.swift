// swift-tools-version: 6.3
import PackageDescription

// A connector in Swift: `swift build -c release`, then let
// `kafka-connect-conformance .build/release/libkafka-connect-heartbeat.so --config heartbeat.yaml` say which rules of
// kafka_connect.h it breaks, and install .build/release/libkafka-connect-heartbeat.so as
// kafka-connect-heartbeat.so into /usr/local/lib/kafka-connect/plugins. Each plugin carries its own Swift run-time library, and
// exports nothing but its description.
let package = Package(
    name: "kafka-connect-heartbeat",
    products: [.library(name: "kafka-connect-heartbeat", type: .dynamic, targets: ["Heartbeat"])],
    dependencies: [.package(path: "/usr/share/kafka-connect/PluginKit")],
    targets: [
        .target(
            name: "Heartbeat",
            dependencies: [.product(name: "PluginKit", package: "PluginKit")],
            swiftSettings: [.unsafeFlags(["-static-stdlib"])],
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-use-ld=lld", "-Xlinker", "--gc-sections",
                    "-Xlinker", "--version-script=/usr/share/kafka-connect/PluginKit/plugin.map",
                    "-Xlinker", "-Bsymbolic", "-Xlinker", "-z", "-Xlinker", "nodelete",
                    "-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now",
                ])
            ])
    ])
