internal import CPCRE2

/// A regular expression in Java's syntax, as far as PCRE2 shares it, with bounds on the steps and the memory of a match:
/// a configuration cannot hang the worker. Case, Unicode and line ends as Java has them without flags.
///
/// Any thread may match at any time.
package final class Pattern: Sendable {
    /// The expression as given.
    package let text: String
    // PCRE2 promises that a compiled expression and a match context that nobody changes may be shared between threads;
    // both are made in `init` and freed in `deinit`.
    private nonisolated(unsafe) let code: OpaquePointer
    private nonisolated(unsafe) let context: OpaquePointer

    /// The number of groups that catch.
    package let groupCount: Int

    private static let longestPattern = 32 << 10
    private static let mostSteps: UInt32 = 1_000_000
    private static let mostHeapKiB: UInt32 = 16 << 10

    package init(_ text: String) throws(PatternError) {
        self.text = text
        guard text.utf8.count <= Self.longestPattern else {
            throw .syntax("Longer than \(Self.longestPattern) bytes", index: Self.longestPattern, pattern: "")
        }
        let pattern = try JavaPattern.translated(text)
        guard let compileContext = pcre2_compile_context_create_8(nil) else { throw .engine(PCRE2_ERROR_NOMEMORY) }
        defer { pcre2_compile_context_free_8(compileContext) }
        pcre2_set_newline_8(compileContext, UInt32(PCRE2_NEWLINE_ANYCRLF))
        var error: Int32 = 0
        var offset = 0
        guard
            let code = pcre2_compile_8(
                pattern, pattern.count, PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &offset, compileContext)
        else { throw .syntax(Self.message(of: error), index: offset, pattern: text) }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(code)
            throw .engine(PCRE2_ERROR_NOMEMORY)
        }
        pcre2_set_match_limit_8(context, Self.mostSteps)
        pcre2_set_heap_limit_8(context, Self.mostHeapKiB)
        var count: UInt32 = 0
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        self.code = code
        self.context = context
        groupCount = Int(count)
    }

    deinit {
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    /// True where the expression matches the whole of `subject`: Java's `matches`.
    package func matchesWhole(_ subject: String) throws(PatternError) -> Bool {
        try match(subject, options: PCRE2_ANCHORED | PCRE2_ENDANCHORED) != nil
    }

    /// Replaces the first match, as Java's `replaceFirst`; without a match the text stays.
    package func replacingFirst(
        in subject: String, with replacement: PatternReplacement
    ) throws(PatternError) -> String {
        guard let ranges = try match(subject, options: 0), let whole = ranges.first.flatMap({ $0 }) else {
            return subject
        }
        let bytes = Array(subject.utf8)
        var result = Array(bytes[..<whole.lowerBound])
        for part in replacement.parts {
            switch part {
            case .literal(let literal): result += literal
            case .group(let group):
                if group < ranges.count, let range = ranges[group] { result += bytes[range] }
            }
        }
        result += bytes[whole.upperBound...]
        return String(decoding: result, as: UTF8.self)
    }

    /// The number of a named group, nil where there is none.
    func group(named name: String) -> Int? {
        let number = pcre2_substring_number_from_name_8(code, Array(name.utf8) + [0])
        return number > 0 ? Int(number) : nil
    }

    /// The byte ranges of the match and its groups; nil where there is no match.
    private func match(_ subject: String, options: UInt32) throws(PatternError) -> [Range<Int>?]? {
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else { throw .engine(PCRE2_ERROR_NOMEMORY) }
        defer { pcre2_match_data_free_8(data) }
        let bytes = Array(subject.utf8)
        // A Swift string is valid UTF-8 already.
        let status = pcre2_match_8(code, bytes, bytes.count, 0, options | PCRE2_NO_UTF_CHECK, data, context)
        switch status {
        case PCRE2_ERROR_NOMATCH: return nil
        case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT: throw .tooExpensive(pattern: text)
        case ..<0: throw .engine(status)
        default: break
        }
        guard let vector = pcre2_get_ovector_pointer_8(data) else { throw .engine(status) }
        return (0...groupCount).map { group in
            // Groups that took no part hold PCRE2_UNSET, all ones, which is -1 here.
            let (start, end) = (vector[2 * group], vector[2 * group + 1])
            return start >= 0 && start <= end && end <= bytes.count ? start..<end : nil
        }
    }

    private static func message(of error: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(error, &buffer, buffer.count)
        guard length > 0 else { return "error \(error)" }
        return String(decoding: buffer.prefix(Int(length)), as: UTF8.self)
    }
}
