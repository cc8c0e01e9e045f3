import ClusterCore
import ConnectModel
import Foundation
import JSON
import Testing

/// Metadata and assignments against Apache's own classes, on generated cases. Needs KAFKA_HOME; a failure names its seed.
@Suite(.enabled(if: Apache.noOracle == nil, "KAFKA_HOME names no Apache Kafka with connect-oracle"))
struct ApacheProtocolTests {
    private static let seeds: Range<UInt64> = 0..<300

    /// - Parameter connectorLimit: how many connectors are in it themselves. Java writes those that it assigns in the order
    ///   of a hash set, so that bytes can be compared where there is one at most.
    private func randomWork(connectorLimit: Int, _ generator: inout SeededGenerator) -> WorkSet {
        var work = WorkSet()
        for _ in 0..<Int.random(in: 0...10, using: &generator) {
            let name = ["a", "b-1", "ü", "日本", "c d"].randomElement(using: &generator) ?? ""
            let number = Int32.random(in: -2...6, using: &generator)
            if number < 0 {
                if work.connectorCount < connectorLimit { work.insert(connector: name) }
            } else {
                work.insert(TaskID(connector: name, number: number))
            }
        }
        return work
    }

    private func randomAssignment(
        _ version: Int16, assignedConnectors: Int = 9, _ generator: inout SeededGenerator
    ) -> WorkerAssignment {
        WorkerAssignment(
            version: version, error: Int16.random(in: 0...1, using: &generator), leaderID: "m-\(version)",
            leaderURL: "http://wörker:8083/", configOffset: Int64.random(in: -1...1 << 40, using: &generator),
            assigned: randomWork(connectorLimit: assignedConnectors, &generator),
            revoked: randomWork(connectorLimit: 9, &generator),
            delay: Int32.random(in: 0...300_000, using: &generator))
    }

    private func json(_ assignment: WorkerAssignment) -> JSONValue {
        func names(_ names: [String]) -> JSONValue { .array(names.map(JSONValue.string)) }
        return [
            "version": .int64(Int64(assignment.version)), "error": .int64(Int64(assignment.error)),
            "leader": .string(assignment.leaderID), "leaderUrl": .string(assignment.leaderURL),
            "offset": .int64(assignment.configOffset), "delay": .int64(Int64(assignment.delay)),
            "connectors": names(assignment.assigned.connectorNames),
            "tasks": names(assignment.assigned.tasks.map(\.description)),
            "revokedConnectors": names(assignment.revoked.connectorNames),
            "revokedTasks": names(assignment.revoked.tasks.map(\.description)),
        ]
    }

    private func base64(_ bytes: [UInt8]) -> JSONValue { .string(Data(bytes).base64EncodedString()) }

    private func decoded(_ answer: JSONValue) -> [UInt8]? {
        answer["bytes"]?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
    }

    @Test func `assignments are written as Apache writes them`() throws {
        let oracle = try Apache.oracle()
        defer { oracle.close() }
        for seed in Self.seeds {
            var generator = SeededGenerator(seed: seed)
            let assignment = randomAssignment(
                Int16.random(in: 1...2, using: &generator), assignedConnectors: 1, &generator)
            let answer = try oracle.ask([
                "op": "encodeAssignment", "assignment": json(assignment), "sessioned": .bool(assignment.version == 2),
            ])
            #expect(try assignment.encode() == decoded(answer), "seed \(seed): \(answer.serializedString())")
        }
    }

    @Test func `metadata is written as Apache writes it`() throws {
        let oracle = try Apache.oracle()
        defer { oracle.close() }
        for seed in Self.seeds {
            var generator = SeededGenerator(seed: seed)
            let version = Int16.random(in: 1...2, using: &generator)
            let held =
                Bool.random(using: &generator) ? randomAssignment(version, assignedConnectors: 1, &generator) : nil
            let metadata = WorkerMetadata(
                version: version, url: "http://w:1/", configOffset: Int64(seed) - 1, allocation: held)
            var request: JSONObject = [
                "op": "encodeMetadata", "url": "http://w:1/", "offset": .int64(Int64(seed) - 1),
                "withAssignment": .bool(held != nil), "sessioned": .bool(version == 2),
            ]
            if let held { request["assignment"] = json(held) }
            let answer = try oracle.ask(.object(request))
            #expect(try metadata.encode() == decoded(answer), "seed \(seed): \(answer.serializedString())")
        }
    }

    /// Bytes of all versions, some with an end cut off or a byte changed.
    private func damaged(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
        case 1:
            // The low half: bytes that are no text are repaired by both, but not to the same length.
            let place = Int.random(in: bytes.indices, using: &generator)
            bytes[place] = UInt8.random(in: 0...127, using: &generator)
        case 2: bytes.append(contentsOf: [0xff, 0, 1])
        default: break
        }
        return bytes
    }

    @Test func `assignments are read, or refused, as Apache reads them`() throws {
        let oracle = try Apache.oracle()
        defer { oracle.close() }
        for seed in Self.seeds {
            var generator = SeededGenerator(seed: seed)
            let whole = try randomAssignment(Int16.random(in: 0...3, using: &generator), &generator).encode()
            let bytes = damaged(whole, &generator)
            let answer = try oracle.ask(["op": "decodeAssignment", "bytes": base64(bytes)])
            compare(try? WorkerAssignment(bytes), answer["assignment"], "seed \(seed): \(answer.serializedString())")
        }
    }

    @Test func `metadata is read, or refused, as Apache reads it`() throws {
        let oracle = try Apache.oracle()
        defer { oracle.close() }
        for seed in Self.seeds {
            var generator = SeededGenerator(seed: seed)
            let version = Int16.random(in: 0...3, using: &generator)
            let held = Bool.random(using: &generator) ? randomAssignment(version, &generator) : nil
            let whole = try WorkerMetadata(version: version, url: "http://w:1/", configOffset: 5, allocation: held)
                .encode()
            let bytes = damaged(whole, &generator)
            let answer = try oracle.ask(["op": "decodeMetadata", "bytes": base64(bytes)])
            let ours = try? WorkerMetadata(bytes)
            #expect((ours == nil) == (answer["error"] != nil), "seed \(seed): \(answer.serializedString())")
            guard let ours else { continue }
            #expect(answer["url"]?.string == ours.url && answer["offset"]?.int64 == ours.configOffset)
            if ours.allocation != nil {
                compare(ours.allocation, answer["assignment"], "seed \(seed): \(answer.serializedString())")
            }
        }
    }

    private func compare(_ ours: WorkerAssignment?, _ theirs: JSONValue?, _ comment: String) {
        guard let ours, let theirs else {
            #expect(ours == nil && theirs == nil, "\(comment)")
            return
        }
        let mine = json(ours)
        for field in ["version", "error", "leader", "leaderUrl", "offset", "delay"] {
            #expect(mine[field] == theirs[field], "\(field) \(comment)")
        }
        for field in ["connectors", "tasks", "revokedConnectors", "revokedTasks"] {
            func set(_ value: JSONValue?) -> Set<String> { Set((value?.array ?? []).compactMap(\.string)) }
            #expect(set(mine[field]) == set(theirs[field]), "\(field) \(comment)")
        }
    }
}
