import ConnectABI
import PluginHost

/// What the entry returns, without its configuration keys.
enum DescriptionChecks {
    static let all = [
        Check("description", "magic number, interface version, size, name and version of the library") {
            (subject) throws(CheckEnd) in
            try description(subject)
        },
        Check("classes", "each class has a kind and names of its own", needs: ["load", "description"]) {
            (subject) throws(CheckEnd) in
            try classes(subject)
        },
        Check(
            "functions", "each class has the functions that it must have, in tables of the right size",
            needs: ["load", "description"]
        ) { (subject) throws(CheckEnd) in
            try functions(subject)
        },
        Check(
            "extensions", "get_extension answers NULL for a name that it does not know", needs: ["load", "description"]
        ) {
            (subject) throws(CheckEnd) in
            try extensions(subject)
        },
    ]

    private static func description(_ subject: Check.Subject) throws(CheckEnd) {
        let session = subject.session
        let library = try Library(subject)
        let raw = UnsafeRawPointer(library.plugin)
        let magic = raw.loadUnaligned(as: UInt64.self)
        guard magic == KC_MAGIC else {
            session.problem("magic is 0x\(String(magic, radix: 16)), where KC_MAGIC belongs")
            throw .stop
        }
        let major = raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        guard major == UInt16(KC_ABI_MAJOR) else {
            session.problem(
                "it is built for version \(major) of the interface, this is \(KC_ABI_MAJOR).\(KC_ABI_MINOR): build it with this kafka_connect.h"
            )
            throw .stop
        }
        let size = raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        guard size >= UInt32(MemoryLayout<kc_plugin>.size) else {
            session.problem("struct_size is \(size): store sizeof(kc_plugin), which is \(MemoryLayout<kc_plugin>.size)")
            throw .stop
        }
        let plugin = library.plugin.pointee
        for (what, text, isRequired) in [
            ("name", plugin.name, true), ("version", plugin.version, true), ("description", plugin.description, false),
        ] {
            if let problem = StringCheck.problem(text) { session.problem("the \(what) \(problem)") }
            if isRequired, StringCheck.text(text).isEmpty { session.problem("the \(what) is empty") }
        }
        if let problem = TableCheck.problem(plugin.classes, of: kc_class.self) {
            session.problem("the table of classes \(problem)")
        } else if plugin.classes.count == 0 {
            session.problem("it has no class, so there is nothing to use it for")
        }
    }

    private static func classes(_ subject: Check.Subject) throws(CheckEnd) {
        let session = subject.session
        let library = try Library(subject)
        var seen: Set<String> = []
        for (index, kcClass) in library.classes.enumerated() {
            let entry = kcClass.pointee
            let name = StringCheck.text(entry.name)
            let place = name.isEmpty ? "class \(index)" : "class \(name)"
            if entry.name == nil || StringCheck.problem(entry.name) == nil && name.isEmpty {
                session.problem("\(place) has no name")
            }
            for (what, text) in [
                ("name", entry.name), ("version", entry.version), ("documentation", entry.documentation),
            ] {
                if let problem = StringCheck.problem(text) { session.problem("the \(what) of \(place) \(problem)") }
            }
            if name.contains(where: { $0.isWhitespace }) { session.problem("the name of \(place) has a blank in it") }
            if !(Int32(KC_CLASS_SOURCE)...Int32(KC_CLASS_CONFIG_PROVIDER)).contains(entry.kind) {
                session.problem("\(place) is of the unknown kind \(entry.kind)")
            }
            if entry.reserved != 0 { session.problem("\(place) has reserved bytes that are not zero") }
            guard entry.alias_count >= 0, entry.alias_count == 0 || entry.aliases != nil else {
                session.problem(
                    "\(place) has \(entry.alias_count) aliases" + (entry.aliases == nil ? " at no address" : ""))
                continue
            }
            for alias in 0..<Int(entry.alias_count) {
                let text = entry.aliases?[alias]
                if let problem = StringCheck.problem(text) { session.problem("an alias of \(place) \(problem)") }
                if StringCheck.text(text).isEmpty { session.problem("an alias of \(place) is empty") }
            }
            for each in Set(Library.names(kcClass)) where !each.isEmpty && !seen.insert(each).inserted {
                session.problem("two classes are called \(each): no operator could name one of them by it")
            }
        }
        if !session.hasProblems {
            subject.session.note(library.classes.map { StringCheck.text($0.pointee.name) }.joined(separator: ", "))
        }
    }

    private static func functions(_ subject: Check.Subject) throws(CheckEnd) {
        let library = try Library(subject)
        for kcClass in library.classes { FunctionsCheck(kcClass.pointee, subject.session).run() }
        if !subject.session.hasProblems, let reason = PluginInspection.refusal(of: UnsafeRawPointer(library.plugin)) {
            subject.session.problem("a worker refuses it: \(reason)")
        }
    }

    private static func extensions(_ subject: Check.Subject) throws(CheckEnd) {
        let library = try Library(subject)
        guard let ask = library.plugin.pointee.get_extension else {
            return subject.session.note("it has no get_extension, and needs none")
        }
        for name in ["org.example.no-such-extension", "", "kc", String(repeating: "x", count: 5000)] {
            let answer = subject.session.call("get_extension(\"\(name.prefix(40))\")") { name.withCString { ask($0) } }
            if answer != nil { subject.session.problem("get_extension answers something for \"\(name.prefix(40))\"") }
        }
    }
}

/// The tables of functions of one class.
private struct FunctionsCheck {
    private let entry: kc_class
    private let session: Session
    private let name: String

    init(_ entry: kc_class, _ session: Session) {
        self.entry = entry
        self.session = session
        name = StringCheck.text(entry.name)
    }

    func run() {
        guard entry.kind == Int32(KC_CLASS_SOURCE) || entry.kind == Int32(KC_CLASS_SINK) else { return }
        guard let connector = entry.connector else {
            return session.problem("class \(name) has no table of connector functions")
        }
        guard let task = entry.task else { return session.problem("class \(name) has no table of task functions") }
        if hasSize("kc_connector", UnsafeRawPointer(connector), MemoryLayout<kc_connector>.size) {
            let table = connector.pointee
            check(
                "connector",
                [
                    ("create", table.create != nil), ("start", table.start != nil),
                    ("task_configs", table.task_configs != nil), ("stop", table.stop != nil),
                    ("destroy", table.destroy != nil),
                ])
        }
        if entry.kind == Int32(KC_CLASS_SOURCE) { checkSource(task) } else { checkSink(task) }
    }

    private func checkSource(_ task: UnsafeRawPointer) {
        guard hasSize("kc_source_task", task, MemoryLayout<kc_source_task>.size) else { return }
        let table = task.assumingMemoryBound(to: kc_source_task.self).pointee
        check(
            "source task",
            [
                ("create", table.create != nil), ("start", table.start != nil), ("poll", table.poll != nil),
                ("release_batch", table.release_batch != nil), ("stop", table.stop != nil),
                ("destroy", table.destroy != nil),
            ])
    }

    private func checkSink(_ task: UnsafeRawPointer) {
        guard hasSize("kc_sink_task", task, MemoryLayout<kc_sink_task>.size) else { return }
        let table = task.assumingMemoryBound(to: kc_sink_task.self).pointee
        check(
            "sink task",
            [
                ("create", table.create != nil), ("start", table.start != nil), ("put", table.put != nil),
                ("stop", table.stop != nil), ("destroy", table.destroy != nil),
            ])
    }

    private func hasSize(_ type: String, _ table: UnsafeRawPointer, _ wanted: Int) -> Bool {
        let size = table.loadUnaligned(as: UInt32.self)
        if Int(size) >= wanted { return true }
        session.problem("\(type) of class \(name) has struct_size \(size): store sizeof(\(type)), which is \(wanted)")
        return false
    }

    private func check(_ whose: String, _ functions: [(name: String, isThere: Bool)]) {
        let missing = functions.filter { !$0.isThere }.map(\.name)
        if !missing.isEmpty {
            session.problem(
                "the \(whose) of class \(name) lacks \(missing.joined(separator: ", ")), which it must have")
        }
    }
}
