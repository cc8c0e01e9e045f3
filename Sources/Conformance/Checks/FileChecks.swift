import CText
import Glibc
import PluginHost

/// The file, before it is loaded.
enum FileChecks {
    static let all = [
        Check("file", "a whole shared library of this machine", needs: []) { (subject) throws(CheckEnd) in
            file(subject)
        },
        Check("exports", "kafka_connect_entry is exported, and nothing else", needs: ["file"]) {
            (subject) throws(CheckEnd) in
            try exports(subject)
        },
    ]

    private static func file(_ subject: Check.Subject) {
        if let reason = PluginInspection.refusal(ofLibrary: subject.options.library) {
            subject.session.problem(reason)
        } else if let reason = PluginInspection.refusal(ofFile: subject.options.library) {
            // That is the place's fault, and the place need not be where it will be installed.
            subject.session.note("a worker would not take it from where it lies: \(reason)")
        }
    }

    private static func exports(_ subject: Check.Subject) throws(CheckEnd) {
        guard let names = ELFSymbols(contents(subject.options.library)).exported() else {
            throw .skip("the file has no table of sections to look at")
        }
        if !names.contains("kafka_connect_entry") {
            subject.session.problem("it exports no kafka_connect_entry: declare it with KC_EXPORT")
        }
        let others = names.filter { $0 != "kafka_connect_entry" }
        guard !others.isEmpty else { return }
        let shown = others.prefix(3).joined(separator: ", ") + (others.count > 3 ? ", ..." : "")
        subject.session.problem(
            "it exports \(others.count) more (\(shown)), which could be taken for another library's: compile with -fvisibility=hidden, or "
                + "link with a version script: { global: kafka_connect_entry; local: *; };")
    }

    private static func contents(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0, status.st_size < 1 << 30 else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            guard count > 0 else { return [] }
            done += count
        }
        return bytes
    }
}
