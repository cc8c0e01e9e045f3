// swift-tools-version: 6.3
// kafka-connect: a native Kafka Connect worker. Only the toolchain and Debian's C libraries are used (docs/ARCHITECTURE.md).
import PackageDescription

/// The settings of every Swift target; a loop at the end sees to it that no target goes without.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]

// The daemon and each plugin carry a private Swift runtime (docs/ARCHITECTURE.md, "Static runtime"). Debug builds stay
// dynamic, because the test bundle cannot be linked with two runtimes.
// Release builds name sources as seen from the repository, wherever that lies: two builds of one source are the same bytes.
// Their debug information does not name cached modules of C libraries, whose file names depend on the place.
// Nor do objects carry the digest by which the compiler skips what it has compiled already, which is made with the place in it.
let placeless = [
    "-file-prefix-map", "\(Context.packageDirectory)=.", "-file-compilation-dir", ".",
    "-Xfrontend", "-no-clang-module-breadcrumbs", "-Xfrontend", "-disable-incremental-llvm-codegen",
]
let staticRuntime: [SwiftSetting] = [.unsafeFlags(["-static-stdlib"] + placeless, .when(configuration: .release))]
let hardenedC: [CSetting] = [
    .unsafeFlags(
        ["-ffile-prefix-map=\(Context.packageDirectory)=.", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"],
        .when(configuration: .release))
]
/// Set by scripts/fuzz: libFuzzer's library. Every module is then built with its counters, and the fuzzers exist.
let fuzzer = Context.environment["FUZZ_LIBRARY"]
/// Tables that the loader fills are read-only once the program runs.
let hardened = ["-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now"]
let smallBinary: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-stdlib", "-use-ld=lld", "-Xlinker", "--gc-sections", "-Xlinker", "--icf=all",
            "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
        ] + hardened, .when(configuration: .release))
]
/// The static runtime asks for every name of the program to be visible to libraries; a plugin is to see none.
let noNames: LinkerSetting = .unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(configuration: .release))
/// Set by scripts/sanitize: libraries must find the sanitizer's functions in the program, and what links a plugin for its tests
/// would hide them with the plugin's own names.
let pluginNames =
    Context.environment["SANITIZE"] == nil
    ? ["-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/plugin.map"] : []
let onePlugin: LinkerSetting = .unsafeFlags(
    ["-use-ld=lld"] + pluginNames + hardened + ["-Xlinker", "-Bsymbolic", "-Xlinker", "-z", "-Xlinker", "nodelete"])
let pluginBinary: [LinkerSetting] = smallBinary + [onePlugin]

/// A plugin without Swift code carries no Swift runtime, and needs none.
let plainC: LinkerSetting = .unsafeFlags(
    ["-static-stdlib", "-nostartfiles", "-Xlinker", "--gc-sections"], .when(configuration: .release))

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude, resources: resources
    )
}

func system(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
    name: "kafka-connect",
    products: [
        .executable(name: "kafka-connect", targets: ["kafka-connect"]),
        .executable(name: "kafka-connect-conformance", targets: ["kafka-connect-conformance"]),
        .executable(name: "kafka-connect-fakebroker", targets: ["kafka-connect-fakebroker"]),
        .library(name: "KafkaClient", targets: ["KafkaClient"]),
        .library(name: "kafka-connect-file", type: .dynamic, targets: ["FileStream"]),
        .library(name: "kafka-connect-verifiable", type: .dynamic, targets: ["Verifiable"]),
    ],
    targets: [
        // C libraries of Debian
        system("CYaml", "yaml-0.1", "libyaml-dev"),
        system("CSystemd", "libsystemd", "libsystemd-dev"),
        system("CMicrohttpd", "libmicrohttpd", "libmicrohttpd-dev"),
        system("CPCRE2", "libpcre2-8", "libpcre2-dev"),
        system("CZlib", "zlib", "zlib1g-dev"),
        system("CLZ4", "liblz4", "liblz4-dev"),
        system("CZstd", "libzstd", "libzstd-dev"),
        system("CSnappy", "snappy", "libsnappy-dev"),
        system("COpenSSL", "libcrypto", "libssl-dev"),
        system("CCurl", "libcurl", "libcurl4-openssl-dev"),
        // C of our own: what Swift cannot call, and the checksum with its processor instructions
        .target(name: "CLinux"),
        .target(name: "CChecksum"),
        .target(name: "CText"),
        .target(name: "CConformance"),
        .target(name: "ConnectABI"),
        // The house, from the ground up
        library("Logging", ["CLinux"]),
        library("JSON"),
        library("Settings", ["CPCRE2"]),
        library("Crypto", ["COpenSSL"]),
        library("EventLoop", ["Logging", "CLinux"]),
        library("KafkaProtocol", ["CChecksum", "CZlib", "CLZ4", "CZstd", "CSnappy"]),
        library("KafkaClient", ["Logging", "JSON", "Settings", "EventLoop", "KafkaProtocol"]),
        library("ConnectModel", ["Logging"]),
        library("ConnectConfig", ["Logging", "JSON", "Settings", "ConnectModel", "CYaml"]),
        library("RecordPipeline", ["JSON", "Settings", "ConnectModel", "ConnectConfig"]),
        library("ClusterCore", ["JSON", "KafkaProtocol", "ConnectModel"]),
        library("TaskRuntime", ["Logging", "EventLoop", "ConnectModel", "ConnectConfig", "RecordPipeline"]),
        library(
            "Herder", ["Logging", "EventLoop", "ConnectModel", "ConnectConfig", "ClusterCore", "TaskRuntime"]),
        library(
            "ConnectKafka",
            [
                "Logging", "JSON", "Settings", "EventLoop", "ConnectModel", "ConnectConfig", "KafkaClient",
                "KafkaProtocol",
            ]),
        library("StateFiles", ["Logging", "JSON", "ConnectModel"]),
        library(
            "PluginHost",
            [
                "Logging", "JSON", "Settings", "EventLoop", "ConnectABI", "ConnectModel", "ConnectConfig", "CLinux",
                "CText",
            ]),
        library("HTTPServer", ["Logging", "CMicrohttpd"]),
        library("HTTPClient", ["Logging", "CCurl"]),
        library(
            "RESTAPI",
            ["Logging", "JSON", "Crypto", "HTTPServer", "HTTPClient", "ConnectModel", "ConnectConfig"]),
        library("Systemd", ["Logging", "CSystemd", "CLinux"]),
        library("CommandLine"),
        library("PluginKit", ["ConnectABI", "CText"]),
        library("FakeBroker", ["Logging", "EventLoop", "KafkaProtocol"]),
        .executableTarget(
            name: "kafka-connect",
            dependencies: [
                "Logging", "JSON", "Settings", "EventLoop", "KafkaProtocol", "KafkaClient", "ConnectModel",
                "ConnectConfig", "RecordPipeline", "ClusterCore", "TaskRuntime", "Herder", "ConnectKafka",
                "StateFiles", "PluginHost", "Crypto", "HTTPServer", "HTTPClient", "RESTAPI", "Systemd", "CommandLine",
                "CLinux",
            ],
            linkerSettings: smallBinary + [noNames]),
        // For authors of connectors
        library(
            "Conformance",
            [
                "JSON", "Settings", "ConnectABI", "ConnectModel", "ConnectConfig", "PluginHost", "CommandLine", "CText",
                "CConformance",
            ]),
        .executableTarget(
            name: "kafka-connect-conformance", dependencies: ["Conformance"], linkerSettings: smallBinary + [noNames]),
        .executableTarget(
            name: "kafka-connect-fakebroker", dependencies: ["Logging", "EventLoop", "FakeBroker", "CommandLine"],
            linkerSettings: smallBinary + [noNames]),
        // Connectors
        .target(
            name: "FileStream", dependencies: ["PluginKit", "ConnectABI", "CLinux"], path: "Plugins/FileStream",
            linkerSettings: pluginBinary),
        .target(
            name: "Verifiable", dependencies: ["ConnectABI"], path: "Plugins/Verifiable",
            linkerSettings: [onePlugin, plainC]),
        // What only tests use
        .target(
            name: "ConnectTestKit",
            dependencies: [
                "Logging", "JSON", "EventLoop", "KafkaProtocol", "KafkaClient", "FakeBroker", "ConnectModel",
                "ClusterCore",
            ]),
        .executableTarget(
            name: "seeds", dependencies: ["ConnectTestKit", "KafkaClient", "KafkaProtocol", "FakeBroker"],
            linkerSettings: smallBinary),
        .executableTarget(
            name: "border", dependencies: ["PluginHost", "ConnectABI", "ConnectModel"], path: "Benchmarks/border",
            linkerSettings: smallBinary),
        .executableTarget(
            name: "assignor", dependencies: ["ClusterCore", "ConnectModel"], path: "Benchmarks/assignor",
            linkerSettings: smallBinary),
        .target(name: "PluginTestKit", dependencies: ["ConnectABI"], path: "Tests/PluginTestKit"),
        tests("ConnectABI", ["PluginTestKit"]),
        tests("Logging"), tests("JSON"), tests("Settings"), tests("Crypto"), tests("EventLoop", ["CLinux"]),
        tests("KafkaProtocol", ["CChecksum", "CZlib"], exclude: ["Fixtures", "Support/ApacheJudge.java"]),
        tests("KafkaClient", ["ConnectTestKit", "FakeBroker", "KafkaProtocol", "EventLoop", "Settings"]),
        tests("FakeBroker", ["KafkaProtocol", "EventLoop", "Logging", "KafkaClient"]),
        tests("ConnectModel"),
        tests("ConnectConfig", ["Settings", "JSON", "ConnectModel", "Logging"], exclude: ["Recorded"]),
        tests("RecordPipeline", ["ConnectModel", "JSON"]),
        tests(
            "ClusterCore", ["ConnectModel", "JSON", "KafkaProtocol", "ConnectTestKit"],
            exclude: ["Support/AssignorJudge.java"]),
        tests("TaskRuntime", ["ConnectModel", "RecordPipeline", "EventLoop", "ConnectConfig", "Logging"]),
        tests("Herder", ["ConnectModel", "ConnectConfig", "EventLoop", "ClusterCore", "TaskRuntime"]),
        tests(
            "ConnectKafka", ["EventLoop", "ConnectModel", "KafkaClient", "KafkaProtocol", "ConnectConfig", "Settings"]),
        tests("StateFiles", ["ConnectModel", "JSON", "Logging"], exclude: ["Fixtures"]),
        tests("PluginHost", ["ConnectABI", "ConnectModel", "EventLoop", "Settings", "PluginTestKit", "kafka-connect"]),
        tests(
            "kafka-connect",
            [
                "ConnectConfig", "ConnectModel", "EventLoop", "HTTPServer", "Herder", "PluginTestKit", "Settings",
                "Systemd",
            ]),
        tests("HTTPServer"),
        tests("HTTPClient", ["HTTPServer"]),
        tests(
            "RESTAPI",
            ["JSON", "Crypto", "HTTPServer", "HTTPClient", "ConnectModel", "ConnectConfig", "Logging"],
            exclude: ["Golden"]),
        tests("Systemd"),
        tests("Conformance", ["ConnectABI"]),
        tests("CommandLine"), tests("PluginKit", ["ConnectABI", "PluginTestKit"]),
        // Not on the target itself: two plugins in one test binary would both define the entry symbol.
        .testTarget(name: "VerifiableTests", dependencies: ["ConnectABI", "PluginTestKit"]),
        tests("FileStream", ["PluginKit", "ConnectABI", "PluginTestKit"]),
    ]
)

if let fuzzer {
    package.targets.append(.target(name: "FuzzDriver", path: "Fuzz/Driver"))
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "FuzzDriver", "JSON", "Settings", "KafkaProtocol", "ConnectModel", "ConnectConfig", "RecordPipeline",
            ],
            path: "Fuzz/Sources",
            linkerSettings: [.unsafeFlags(["-sanitize=address", fuzzer, "-lstdc++"])]))
}

for target in package.targets where ![.system, .binary, .plugin].contains(target.type) {
    let isC = [
        "CLinux", "CChecksum", "CText", "CConformance", "ConnectABI", "Verifiable", "FuzzDriver",
    ].contains(target.name)
    let runtime = fuzzer == nil ? staticRuntime : [.unsafeFlags(["-sanitize=fuzzer,address"])]
    if isC {
        target.cSettings = hardenedC + (target.cSettings ?? [])
    } else {
        target.swiftSettings = house + runtime + (target.swiftSettings ?? [])
    }
}
