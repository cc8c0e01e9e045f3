// swift-tools-version: 6.3
import PackageDescription

// The Swift side of kafka_connect.h, as the worker's own connectors use it: for connectors that are built elsewhere.
let package = Package(
    name: "PluginKit",
    products: [.library(name: "PluginKit", type: .static, targets: ["PluginKit", "ConnectABI"])],
    targets: [
        .target(name: "ConnectABI"),
        .target(name: "CText"),
        .target(
            name: "PluginKit", dependencies: ["ConnectABI", "CText"],
            swiftSettings: [
                .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .enableUpcomingFeature("InferIsolatedConformances"), .enableUpcomingFeature("ImmutableWeakCaptures"),
            ]),
    ])
