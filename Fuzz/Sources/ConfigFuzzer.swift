import ConnectConfig
import ConnectModel
import Settings

/// A worker's file of any content: keys are there once, problems have a place, and loading ends in a configuration or
/// in an error.
func fuzzWorkerFile(_ name: String, _ input: UnsafeBufferPointer<UInt8>) -> Int32 {
    let document = ConfigFile.parseWorker(Array(input), file: name)
    require(Set(document.entries.map { Array($0.key.utf8) }).count == document.entries.count, "a key stands twice")
    check(document.entries.map(\.position))
    check(document.problems.compactMap(\.position))
    let loaded = WorkerConfig.load(document, mode: .automatic, environment: [:])
    require(loaded.config != nil || loaded.problems.contains { $0.severity == .error }, "refused without an error")
    for problem in loaded.problems {
        require(!problem.description.contains { $0.isNewline }, "a problem of several lines")
    }
    return 0
}

/// A connector's file: the first byte chooses the kind.
func fuzzConnectorFile(_ input: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard let first = input.first else { return 0 }
    let name = ["c.json", "c.yaml", "c.properties", "c"][Int(first & 3)]
    let file = ConnectorFile.parse(Array(input.dropFirst()), file: name)
    check(file.problems.compactMap(\.position))
    require(file.hasErrors || file.config.contains("name"), "a connector without a name")
    return 0
}

/// An expression and a subject, cut at the first line end: compiling and matching end soon, by an answer or an error.
func fuzzPattern(_ input: UnsafeBufferPointer<UInt8>) -> Int32 {
    let parts = input.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
    let texts = parts.map { String(decoding: $0, as: UTF8.self) }
    guard texts.count == 3, let pattern = try? Pattern(texts[0]) else { return 0 }
    _ = try? pattern.matchesWhole(texts[1])
    if let replacement = try? PatternReplacement(texts[2], for: pattern) {
        _ = try? pattern.replacingFirst(in: texts[1], with: replacement)
    }
    return 0
}

private func check(_ positions: [SourcePosition]) {
    require(positions.allSatisfy { $0.line > 0 && $0.column > 0 }, "a place before the file")
}
