import Glibc
import Synchronization
import Testing

@testable import ConnectConfig

struct ConfigProviderTests {
    private struct Fixed: ConfigProvider {
        let values: [String: String]

        func values(path: String, keys: Set<String>) throws(ConfigProviderError) -> [String: String] {
            if path == "broken" { throw ConfigProviderError("broken") }
            return values.filter { keys.contains($0.key) }.mapValues { "\(path)/\($0)" }
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("${p:a}", "/1"), ("x${p:dir:a}y${p:a}z", "xdir/1y/1z"), ("${p:missing}", "${p:missing}"),
        ("${q:a}", "${q:a}"), ("${p}", "${p}"), ("${p:a", "${p:a"), ("$${p:a}", "$/1"), ("${p:b:c:d}", "b/2"),
        ("${p:loop}", "/${p:a}"), ("${}", "${}"), ("a}b${p:a}", "a}b/1"), ("${x${p:a}", "${x${p:a}"),
    ])
    func `References are replaced once, what is no reference stays`(text: String, expected: String) throws {
        let transformer = ConfigTransformer(
            providers: ["p": Fixed(values: ["a": "1", "c:d": "2", "loop": "${p:a}"])], remember: { _ in })
        #expect(try transformer.resolve(["k": text]) == ["k": expected])
    }

    @Test func `A provider that fails fails the whole, keys are never expanded`() throws {
        let transformer = ConfigTransformer(providers: ["p": Fixed(values: ["a": "1"])], remember: { _ in })
        #expect(throws: ConfigProviderError("broken")) { try transformer.resolve(["k": "${p:broken:a}"]) }
        #expect(try transformer.resolve(["${p:a}": "v"]) == ["${p:a}": "v"])
        #expect(transformer.refersToProvider("x${p:a}") && !transformer.refersToProvider("${q:a}"))
    }

    @Test func `What references stand for is bounded over a whole configuration`() throws {
        let half = String(repeating: "x", count: ConfigTransformer.maximumBytes / 2 - 1)
        let transformer = ConfigTransformer(providers: ["p": Fixed(values: ["a": half])], remember: { _ in })
        // The provider puts a slash before each.
        #expect(try transformer.resolve(["k": "${p:a}", "l": "x${p:a}"])["l"]?.utf8.count == half.utf8.count + 2)
        for config in [["k": "${p:a}${p:a}${p:a}"], ["k": "${p:a}", "l": "${p:a}", "m": "${p:a}"]] {
            let error = #expect(throws: ConfigProviderError.self) { try transformer.resolve(config) }
            #expect(error?.message.contains("more than 4194304 bytes together") == true)
        }
    }

    @Test func `Each value is remembered as a secret once, with and without its last line end`() throws {
        let remembered = Mutex<[String]>([])
        let transformer = ConfigTransformer(
            providers: ["p": Fixed(values: ["a": "secret\n"])],
            remember: { value in remembered.withLock { $0.append(value) } })
        for _ in 0..<3 { _ = try transformer.resolve(["k": "${p:a}"]) }
        #expect(remembered.withLock { $0 } == ["/secret\n", "/secret"])
    }

    @Test func `The file provider reads properties, within the allowed paths`() throws {
        try withFolder { folder in
            try write("user=u\npassword=p\\u0061ss\n", to: "\(folder)/secrets.properties")
            let open = try FileConfigProvider(parameters: [:])
            let path = "\(folder)/secrets.properties"
            #expect(try open.values(path: path, keys: ["password", "other"]) == ["password": "pass"])
            #expect(try open.values(path: "", keys: ["password"]) == [:])
            let error = #expect(throws: ConfigProviderError.self) { try open.values(path: "\(folder)/no", keys: ["a"]) }
            #expect(error?.message.hasPrefix("Could not read properties from file \(folder)/no") == true)
            let closed = try FileConfigProvider(parameters: ["allowed.paths": "/usr,\(folder)"])
            #expect(try closed.values(path: path, keys: ["user"]) == ["user": "u"])
            let elsewhere = try FileConfigProvider(parameters: ["allowed.paths": "/usr"])
            #expect(try elsewhere.values(path: path, keys: ["user"]) == [:])
            #expect(try elsewhere.values(path: "/usr/..\(path)", keys: ["user"]) == [:])
        }
    }

    @Test(arguments: [
        ("relative", "Path relative is not absolute"), ("/usr,/does/not/exist", "Path /does/not/exist does not exist"),
    ])
    func `Allowed paths must be absolute and there`(paths: String, message: String) {
        #expect(throws: ConfigProviderError(message)) { try FileConfigProvider(parameters: ["allowed.paths": paths]) }
        #expect(throws: ConfigProviderError(message)) {
            try DirectoryConfigProvider(parameters: ["allowed.paths": paths])
        }
    }

    @Test func `The directory provider gives whole files of that directory and of no other`() throws {
        try withFolder { folder in
            try write("value\n", to: "\(folder)/key")
            mkdir("\(folder)/sub", 0o700)
            let provider = try DirectoryConfigProvider(parameters: [:])
            let keys: Set = ["key", "missing", "sub", ".", "..", "../key", "sub/../key"]
            #expect(try provider.values(path: folder, keys: keys) == ["key": "value\n"])
            #expect(try provider.values(path: "\(folder)/key", keys: ["key"]) == [:])
            #expect(try provider.values(path: "", keys: ["key"]) == [:])
        }
    }

    @Test func `The environment provider takes no path and only what its pattern allows`() throws {
        let environment = ["CONNECT_A": "1", "HOME": "/root"]
        let all = try EnvironmentConfigProvider(parameters: [:], environment: environment)
        #expect(try all.values(path: "", keys: ["HOME", "X"]) == ["HOME": "/root"])
        #expect(throws: ConfigProviderError("Path is not supported for EnvVarConfigProvider, invalid value 'p'")) {
            try all.values(path: "p", keys: ["HOME"])
        }
        let some = try EnvironmentConfigProvider(
            parameters: ["allowlist.pattern": "CONNECT_.*"], environment: environment)
        #expect(try some.values(path: "", keys: ["HOME", "CONNECT_A"]) == ["CONNECT_A": "1"])
        #expect(throws: ConfigProviderError.self) {
            try EnvironmentConfigProvider(parameters: ["allowlist.pattern": "("], environment: environment)
        }
    }
}
