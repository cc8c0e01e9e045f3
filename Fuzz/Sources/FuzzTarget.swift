/// What can be fuzzed. Seeds of a target lie in `Fuzz/corpus/` under its name.
enum FuzzTarget: String, CaseIterable {
    case json
    case yaml
    case properties
    case connector
    case pattern
    case headers
    case messages
    case records

    /// What libFuzzer calls with each input. Reports a fault by trapping.
    var function: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32 {
        switch self {
        case .json: { fuzzJSON(UnsafeBufferPointer(start: $0, count: $1)) }
        case .yaml: { fuzzWorkerFile("w.yaml", UnsafeBufferPointer(start: $0, count: $1)) }
        case .properties: { fuzzWorkerFile("w.properties", UnsafeBufferPointer(start: $0, count: $1)) }
        case .connector: { fuzzConnectorFile(UnsafeBufferPointer(start: $0, count: $1)) }
        case .pattern: { fuzzPattern(UnsafeBufferPointer(start: $0, count: $1)) }
        case .headers: { fuzzHeaderText(UnsafeBufferPointer(start: $0, count: $1)) }
        case .messages: { fuzzMessages(UnsafeBufferPointer(start: $0, count: $1)) }
        case .records: { fuzzRecords(UnsafeBufferPointer(start: $0, count: $1)) }
        }
    }
}

/// Stops the fuzzer with the input at hand where something is not as it must be.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    precondition(condition, message())
}
