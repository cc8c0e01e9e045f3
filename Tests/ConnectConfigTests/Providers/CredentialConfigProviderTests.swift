import Glibc
import Synchronization
import Testing

@testable import ConnectConfig

struct CredentialConfigProviderTests {
    private func provider(_ folder: String?) -> CredentialConfigProvider {
        CredentialConfigProvider(environment: folder.map { ["CREDENTIALS_DIRECTORY": $0] } ?? [:])
    }

    private func message(_ folder: String?, _ key: String, path: String = "") -> String? {
        let error = #expect(throws: ConfigProviderError.self) {
            try provider(folder).values(path: path, keys: [key])
        }
        return error?.message
    }

    @Test func `A credential is the content of its file, without the line end that tools add, and read anew each time`()
        throws
    {
        try withFolder { folder in
            let provider = provider(folder)
            for (text, value) in [
                ("plain", "plain"), ("line\n", "line"), ("windows\r\n", "windows"), ("two\n\n", "two\n"), ("", ""),
                ("\n", ""), (" ü \n", " ü "), ("carriage\r", "carriage\r"),
            ] {
                try write(text, to: "\(folder)/password")
                #expect(try provider.values(path: "", keys: ["password"]) == ["password": value])
            }
        }
    }

    @Test func `What is missing is told with what to do about it`() throws {
        try withFolder { folder in
            #expect(
                message(folder, "password")
                    == "There is no credential password in \(folder): the unit needs LoadCredential=password:/PATH, and a restart"
            )
        }
        let unset =
            "There is no credential password: CREDENTIALS_DIRECTORY is not set, which systemd does for a unit with "
            + "LoadCredential=password:/PATH"
        #expect(message(nil, "password") == unset)
        #expect(message("relative", "password") == unset)
    }

    @Test(arguments: [
        "", ".", "..", "../key", "sub/key", "/etc/passwd", "a\nb", "a\0b", String(repeating: "x", count: 256),
    ])
    func `A name never leads out of the folder`(key: String) throws {
        try withFolder { folder in
            try write("v", to: "\(folder)/key")
            mkdir("\(folder)/sub", 0o700)
            try write("v", to: "\(folder)/sub/key")
            #expect(
                message(folder, key)?.hasSuffix("is no name of a credential: it is the name of a file, without a slash")
                    == true)
        }
    }

    @Test func `A path, a link, a folder, too much and what is no text are refused`() throws {
        try withFolder { folder in
            try write("v", to: "\(folder)/key")
            #expect(message(folder, "key", path: "/run")?.contains("Path is not supported") == true)
            symlink("\(folder)/key", "\(folder)/link")
            #expect(message(folder, "link")?.hasPrefix("The credential link in \(folder) cannot be read") == true)
            mkdir("\(folder)/sub", 0o700)
            #expect(message(folder, "sub") == "The credential sub in \(folder) cannot be read: not a regular file")
            try write(String(repeating: "x", count: 1 << 20), to: "\(folder)/most")
            #expect(try provider(folder).values(path: "", keys: ["most"])["most"]?.utf8.count == 1 << 20)
            try write(String(repeating: "x", count: 1 << 20 + 1), to: "\(folder)/large")
            #expect(
                message(folder, "large")
                    == "The credential large in \(folder) cannot be read: larger than 1048576 bytes")
            try write("a\0b", to: "\(folder)/binary")
            #expect(message(folder, "binary") == "The credential binary in \(folder) is not text in UTF-8")
        }
    }

    @Test(arguments: [
        ("config.providers=credential", "${credential:key}", "v"),
        ("config.providers=c\nconfig.providers.c.class=Credential", "${c:key}", "v"),
        ("config.providers=c\nconfig.providers.c.class=native.CredentialConfigProvider", "x${c::key}", "xv"),
        ("config.providers=credential\nconfig.providers.credential.class=EnvVar", "${credential:KEY}", "environment"),
    ])
    func `One line of a worker's file is enough to have credentials`(lines: String, text: String, value: String) throws
    {
        try withFolder { folder in
            try write("v\n", to: "\(folder)/key")
            let loaded = load("\(lines)\nclient.id=\(text)", folder)
            #expect(loaded.config?.clientID == value, "\(loaded.problems)")
            #expect(loaded.problems == [])
        }
    }

    @Test func `A worker's file whose credential is missing is refused at its key; one without the provider is warned`()
    {
        let missing = load("config.providers=credential\nclient.id=${credential:key}", "/nowhere")
        #expect(missing.config == nil)
        #expect(
            missing.problems.map(\.description).first?.hasPrefix(
                "w.properties:6:1: error: client.id: There is no credential key in /nowhere") == true,
            "\(missing.problems)")
        let undeclared = load("client.id=${credential:key}", "/nowhere")
        #expect(undeclared.config != nil)
        #expect(
            undeclared.problems.map(\.description) == [
                "w.properties:5:1: warning: client.id: ${credential:…} stays as it is: add credential to config.providers"
            ])
    }

    @Test func `Whoever only looks at a worker's file is told of what refers to credentials, and the rest is checked`()
    {
        let lines = "config.providers=credential\nrest.port=${credential:port}\nsession.timeout.ms=${credential:a}1\n"
        let looked = load(lines, nil, isToRun: false)
        #expect(
            looked.problems.map(\.description).filter { $0.contains("credential") } == [
                "w.properties:6:1: warning: rest.port: not checked: its credential is known to the service alone",
                "w.properties:7:1: warning: session.timeout.ms: not checked: its credential is known to the service alone",
            ])
        #expect(!looked.problems.contains { $0.severity == .error }, "\(looked.problems)")
        let wrong = load(lines + "rest.advertised.port=70000\noffset.flush.interval.ms=x", nil, isToRun: false)
        let errors = wrong.problems.filter { $0.severity == .error }.map(\.key)
        #expect(errors == ["offset.flush.interval.ms"], "\(wrong.problems)")
        let checked = load(lines + "rest.advertised.port=70000", nil, isToRun: false)
        #expect(checked.problems.filter { $0.severity == .error }.map(\.key) == ["rest.advertised.port"])
        // The service itself has to have them, and so has who validates where they are.
        #expect(load(lines, nil).problems.contains { $0.severity == .error })
        #expect(load(lines, "/nowhere", isToRun: false).problems.contains { $0.severity == .error })
    }

    private func load(_ lines: String, _ folder: String?, isToRun: Bool = true) -> WorkerConfig.Loaded {
        let text = """
            bootstrap.servers=a:1
            key.converter=org.apache.kafka.connect.json.JsonConverter
            value.converter=org.apache.kafka.connect.json.JsonConverter
            offset.storage.file.filename=/x
            \(lines)

            """
        return WorkerConfig.load(
            ConfigFile.parseWorker(Array(text.utf8), file: "w.properties"), mode: .standalone,
            environment: ["KEY": "environment"].merging(folder.map { ["CREDENTIALS_DIRECTORY": $0] } ?? [:]) { $1 },
            isToRun: isToRun)
    }
}
