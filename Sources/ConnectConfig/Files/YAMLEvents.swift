internal import CYaml

/// Pulls events from libyaml, whose parser lives as long as this object. Positions count from 1.
///
/// The parser keeps pointers to the text, which this object holds.
final class YAMLEvents {
    enum Event {
        case streamEnd
        case documentStart
        case documentEnd
        case scalar(String, isPlain: Bool, tag: String?, anchor: String?)
        case sequenceStart(tag: String?, anchor: String?)
        case sequenceEnd
        case mappingStart(tag: String?, anchor: String?)
        case mappingEnd
        case alias(String)
    }

    struct Failure: Error {
        let message: String
        let position: SourcePosition
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    /// Nil where libyaml finds no memory.
    init?(_ bytes: [UInt8]) {
        parser = .allocate(capacity: 1)
        text = .allocate(capacity: bytes.count)
        _ = text.initialize(from: bytes)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            text.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        text.deallocate()
    }

    /// The next event and where it starts.
    func next() throws(Failure) -> (Event, SourcePosition) {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
            defer { yaml_event_delete(&event) }
            let position = Self.position(event.start_mark)
            if let converted = convert(event) { return (converted, position) }
        }
    }

    private func convert(_ event: yaml_event_t) -> Event? {
        switch event.type {
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let value = scalar.value.map {
                String(decoding: UnsafeBufferPointer(start: $0, count: scalar.length), as: UTF8.self)
            }
            return .scalar(
                value ?? "", isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, tag: Self.text(scalar.tag),
                anchor: Self.text(scalar.anchor))
        case YAML_SEQUENCE_START_EVENT:
            return .sequenceStart(
                tag: Self.text(event.data.sequence_start.tag), anchor: Self.text(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            return .mappingStart(
                tag: Self.text(event.data.mapping_start.tag), anchor: Self.text(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: return .alias(Self.text(event.data.alias.anchor) ?? "")
        default: return nil
        }
    }

    private func failure() -> Failure {
        let state = parser.pointee
        var message = state.problem.map { String(cString: $0) } ?? "not YAML"
        // The reader fails on a byte before it has a mark; the scanner and the parser have one.
        if state.error == YAML_READER_ERROR {
            let (line, column) = text.prefix(Int(state.problem_offset)).reduce((1, 1)) { place, byte in
                if byte == 0x0A { return (place.0 + 1, 1) }
                return byte & 0xC0 == 0x80 ? place : (place.0, place.1 + 1)
            }
            return Failure(message: message, position: SourcePosition(line: line, column: column))
        }
        if let context = state.context { message += " " + String(cString: context) }
        return Failure(message: message, position: Self.position(state.problem_mark))
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func position(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
