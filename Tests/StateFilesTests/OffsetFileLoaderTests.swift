import ConnectModel
import Glibc
import Testing

@testable import StateFiles

@Suite struct OffsetFileLoaderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func refusal() -> ConnectError? {
        #expect(throws: ConnectError.self) { try FileOffsetStore.immediate(folder.file) }
    }

    @Test func `a missing or empty file starts without offsets`() throws {
        #expect(try FileOffsetStore.immediate(folder.file).offset("a", "{}") == nil)
        try folder.put([])
        #expect(try FileOffsetStore.immediate(folder.file).offset("a", "{}") == nil)
    }

    @Test func `a damaged file is refused by name and stays`() throws {
        let content = OffsetFileFormat.encode([:])
        for length in 1..<content.count {
            try folder.put(Array(content[..<length]))
            let error = refusal()
            #expect(error?.code == .stateDamaged)
            #expect(error?.message.contains(folder.file) == true)
            #expect(try folder.content()?.count == length)
        }
    }

    @Test func `Apache's file is read, kept, and replaced by ours`() throws {
        let apache = try ApacheFile.content("apache-large")
        try folder.put(apache)
        let store = try FileOffsetStore.immediate(folder.file)
        #expect(try store.offset("orders", #"{"filename":"/tmp/orders-40.txt"}"#) == #"{"position":40}"#)
        #expect(try store.offset("orders", #"{"filename":"/tmp/orders.txt"}"#) == nil, "removed there")
        #expect(try store.offset("say \"hi\", ü", #"{"filename":"/tmp/orders.txt"}"#) == #"{"position":14}"#)
        #expect(try store.readAll(connector: "orders").count == 40)
        #expect(folder.names == ["offsets", "offsets.apache"])
        #expect(try folder.content(of: folder.file + ".apache") == apache)
        let again = try FileOffsetStore.immediate(folder.file)
        #expect(try again.readAll(connector: "orders") == store.readAll(connector: "orders"))
    }

    @Test func `a crash between keeping and replacing Apache's file is made good`() throws {
        let apache = try ApacheFile.content("apache-small")
        try folder.put(apache)
        try folder.put(apache, at: folder.file + ".apache")
        _ = try FileOffsetStore.immediate(folder.file)
        #expect(folder.names == ["offsets", "offsets.apache"])
    }

    @Test func `another kept file is not overwritten`() throws {
        try folder.put(try ApacheFile.content("apache-small"))
        try folder.put([1, 2, 3], at: folder.file + ".apache")
        _ = try FileOffsetStore.immediate(folder.file)
        #expect(folder.names == ["offsets", "offsets.apache", "offsets.apache.2"])
        #expect(try folder.content(of: folder.file + ".apache") == [1, 2, 3])
    }

    @Test func `a cut file of Apache's is refused and stays`() throws {
        let apache = try ApacheFile.content("apache-small")
        for length in 4..<apache.count {
            try folder.put(Array(apache[..<length]))
            #expect(refusal()?.code == .stateDamaged)
        }
        #expect(folder.names == ["offsets"])
    }

    @Test func `an offset in Apache's file that is no JSON is refused by its key`() throws {
        var apache = try ApacheFile.content("apache-small")
        let offset = try #require(apache.indices.last { apache[$0] == UInt8(ascii: "{") })
        apache[offset] = UInt8(ascii: "!")
        try folder.put(apache)
        let error = refusal()
        #expect(error?.code == .stateDamaged)
        #expect(error?.message.contains(#"{"filename":"/tmp/orders.txt"}"#) == true, "\(error?.message ?? "")")
    }

    @Test func `what is no file is refused at once`() {
        #expect(mkdir(folder.file, 0o700) == 0)
        #expect(refusal()?.code == .configUnreadable)
        #expect(rmdir(folder.file) == 0)
        #expect(mkfifo(folder.file, 0o600) == 0)
        #expect(refusal()?.code == .configUnreadable)
    }

    @Test func `a folder that cannot be written to is told at the start`() {
        let error = #expect(throws: ConnectError.self) {
            try FileOffsetStore.immediate(folder.path + "/missing/offsets")
        }
        #expect(error?.code == .stateWrite)
        #expect(error?.message.contains("/missing'") == true)
    }

    @Test func `a file larger than the limit is refused before it is read`() throws {
        let descriptor = open(folder.file, O_WRONLY | O_CREAT, 0o600)
        #expect(ftruncate(descriptor, OffsetFileLoader.maximumBytes + 1) == 0)
        close(descriptor)
        #expect(refusal()?.code == .configUnreadable)
    }
}
