import Glibc
import Testing

/// Files beside the tests.
enum Fixture {
    private static var folder: String {
        let file = "\(#filePath)"
        return file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
            + "/Fixtures/"
    }

    /// The content of a file; empty where it cannot be read, which no test accepts.
    static func bytes(_ name: String) -> [UInt8] {
        guard let file = fopen(folder + name, "rb") else { return [] }
        defer { fclose(file) }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { return content }
            content += block[..<count]
        }
    }

    /// The path of a file beside the fixtures.
    static func path(_ name: String) -> String { folder + name }
}

/// Bytes of one message, made straight from its schema by `generate-kafka-messages --samples`.
struct MessageSample: Sendable, CustomTestStringConvertible {
    let name: String
    let version: Int16
    let bytes: [UInt8]

    var testDescription: String { "\(name) \(version)" }

    static let all: [MessageSample] = {
        String(decoding: Fixture.bytes("messages.txt"), as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let version = Int16(words[1]) else { return nil }
            return MessageSample(
                name: String(words[0]), version: version, bytes: KafkaProtocolTests.bytes(hex: String(words[2])))
        }
    }()
}
