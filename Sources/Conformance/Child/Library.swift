import ConnectABI
import Glibc

/// The library, opened in the process of a check.
struct Library {
    let plugin: UnsafePointer<kc_plugin>

    typealias Entry = @convention(c) () -> UnsafePointer<kc_plugin>?

    /// Opens the library and finds its entry, without calling that.
    static func entry(_ subject: Check.Subject) throws(CheckEnd) -> Entry {
        let path = subject.options.library
        guard let handle = subject.session.call("dlopen (constructors)", { dlopen(path, RTLD_NOW | RTLD_LOCAL) }) else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            subject.session.problem("it cannot be loaded: \(reason)")
            throw .stop
        }
        guard let symbol = dlsym(handle, "kafka_connect_entry") else {
            subject.session.problem("it exports no kafka_connect_entry: is the symbol hidden? KC_EXPORT shows it")
            throw .stop
        }
        return unsafeBitCast(symbol, to: Entry.self)
    }

    /// Opens it and gets its description.
    init(_ subject: Check.Subject) throws(CheckEnd) {
        let entry = try Library.entry(subject)
        guard let plugin = subject.session.call("kafka_connect_entry", { entry() }) else {
            subject.session.problem("kafka_connect_entry returned NULL")
            throw .stop
        }
        self.plugin = plugin
    }

    /// Its classes; none where the table cannot be read.
    var classes: [UnsafePointer<kc_class>] { TableCheck.addresses(plugin.pointee.classes, as: kc_class.self) }

    /// The class that a name stands for: its own, an alias, or its simple name with or without `Connector`.
    func kcClass(_ name: String) -> UnsafePointer<kc_class>? {
        classes.first { StringCheck.text($0.pointee.name) == name }
            ?? classes.first { Library.names($0).contains(name) }
    }

    /// Every name of a class.
    static func names(_ kcClass: UnsafePointer<kc_class>) -> [String] {
        let full = StringCheck.text(kcClass.pointee.name)
        let simple = full.split { $0 == "." || $0 == "$" }.last.map(String.init) ?? full
        var names = [full, simple]
        if simple.hasSuffix("Connector") { names.append(String(simple.dropLast("Connector".count))) }
        for index in 0..<Int(max(0, kcClass.pointee.alias_count)) {
            names.append(StringCheck.text(kcClass.pointee.aliases?[index]))
        }
        return names
    }

    /// A table of functions as far as its struct_size goes, the rest NULL.
    static func functions<Table>(_ pointer: UnsafeRawPointer, zero: Table) -> Table {
        var table = zero
        let size = Int(pointer.loadUnaligned(as: UInt32.self))
        withUnsafeMutableBytes(of: &table) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, bytes.count)))
        }
        return table
    }

    /// Everything static that the description says, as one number.
    var checksum: Checksum {
        var sum = Checksum()
        sum.add(plugin.pointee)
        sum.add(text: plugin.pointee.name)
        sum.add(text: plugin.pointee.version)
        for kcClass in classes {
            sum.add(kcClass.pointee)
            sum.add(text: kcClass.pointee.name)
            for key in TableCheck.items(kcClass.pointee.config_keys, as: kc_config_key.self) {
                sum.add(key)
                sum.add(text: key.name)
                sum.add(text: key.default_value)
            }
            if let connector = kcClass.pointee.connector {
                sum.add(Library.functions(UnsafeRawPointer(connector), zero: kc_connector()))
            }
        }
        return sum
    }
}
