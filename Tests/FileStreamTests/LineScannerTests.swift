import Testing

@testable import FileStream

@Suite struct LineScannerTests {
    /// Lines and the rest, when the bytes come in pieces of the given size.
    private func scan(_ text: String, pieces: Int) -> (lines: [String], held: Int) {
        let bytes = Array(text.utf8)
        var scanner = LineScanner()
        var lines: [String] = []
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var told = 0
            while told < bytes.count {
                let more = min(pieces, bytes.count - told)
                scanner.extend(by: more)
                told += more
                while let line = scanner.next(base) {
                    lines.append(String(decoding: bytes[line.start..<line.end], as: UTF8.self))
                }
            }
        }
        return (lines, scanner.heldBytes)
    }

    /// What Java's reader makes of the text: the straightforward way, a character at a time.
    private func reference(_ text: String) -> (lines: [String], held: Int) {
        var lines: [String] = []
        var line: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        var start = 0
        while index < bytes.count {
            switch bytes[index] {
            case 0x0a:
                lines.append(String(decoding: line, as: UTF8.self))
                line = []
                start = index + 1
            case 0x0d:
                guard index + 1 < bytes.count else { return (lines, bytes.count - start) }
                lines.append(String(decoding: line, as: UTF8.self))
                line = []
                if bytes[index + 1] == 0x0a { index += 1 }
                start = index + 1
            default: line.append(bytes[index])
            }
            index += 1
        }
        return (lines, bytes.count - start)
    }

    @Test(arguments: [1, 2, 3, 5, 64])
    func `every line end splits lines however the bytes come in`(_ pieces: Int) {
        for text in [
            "a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\r\rb\n\r\n\nc", "\r", "\n", "", "long line without end", "x\n\r",
            "\r\n\r\n",
        ] {
            let (lines, held) = scan(text, pieces: pieces)
            let expected = reference(text)
            #expect(lines == expected.lines, "\(text.debugDescription) in pieces of \(pieces)")
            #expect(held == expected.held, "\(text.debugDescription) in pieces of \(pieces)")
        }
    }

    @Test func `random mixtures of line ends agree with the straightforward reader`() {
        var seed: UInt64 = 42
        func random(_ bound: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % bound
        }
        for _ in 0..<500 {
            let text = (0..<random(40)).map { _ in ["a", "b", "\n", "\r", "\r\n"][Int(random(5))] }.joined()
            let pieces = Int(random(7)) + 1
            let (lines, held) = scan(text, pieces: pieces)
            let expected = reference(text)
            #expect(lines == expected.lines && held == expected.held, "\(text.debugDescription) in pieces of \(pieces)")
        }
    }

    @Test func `a shift keeps what was found`() {
        let bytes = Array("one\ntw".utf8)
        var scanner = LineScanner()
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            scanner.extend(by: bytes.count)
            #expect(scanner.next(base) == LineScanner.Line(start: 0, end: 3))
            #expect(scanner.next(base) == nil)
        }
        scanner.shift(by: 4)
        let moved = Array("two\rx".utf8)
        moved.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            scanner.extend(by: 3)
            #expect(scanner.next(base) == LineScanner.Line(start: 0, end: 3))
        }
        #expect(scanner.start == 4)
    }

    @Test func `the rest is a line without its waiting return`() {
        let bytes = Array("abc\r".utf8)
        var scanner = LineScanner()
        scanner.extend(by: bytes.count)
        let line = bytes.withUnsafeBufferPointer { $0.baseAddress.flatMap { scanner.next($0) } }
        #expect(line == nil)
        #expect(scanner.takeRest() == LineScanner.Line(start: 0, end: 3))
        #expect(scanner.takeRest() == nil)
    }
}
