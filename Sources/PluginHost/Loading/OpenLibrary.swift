import ConnectABI
import Glibc

/// A library in this process. Never closed again: a plugin's runtime may have threads.
final class OpenLibrary: @unchecked Sendable {
    // Guard of the unchecked conformance: the description is constant for the life of the process, as the ABI promises.
    private let plugin: kc_plugin

    /// Shakes hands with a library that was loaded.
    init(_ library: Loaded) throws(PluginRefusal) {
        plugin = try ManifestReader.checked(library.description())
    }

    /// A library that is in this process, and so may be no plugin at all.
    struct Loaded {
        fileprivate let handle: UnsafeMutableRawPointer

        /// What the library's entry function returns.
        func description() throws(PluginRefusal) -> UnsafePointer<kc_plugin>? {
            guard let symbol = dlsym(handle, "kafka_connect_entry") else {
                throw PluginRefusal(
                    "exports no kafka_connect_entry: it is no plugin, or the symbol is hidden (KC_EXPORT)")
            }
            typealias Entry = @convention(c) () -> UnsafePointer<kc_plugin>?
            return unsafeBitCast(symbol, to: Entry.self)()
        }
    }

    /// Loads a checked file through its descriptor.
    ///
    /// Blocks; runs the library's constructors.
    ///
    /// - Throws: where the library is not in this process.
    static func load(_ file: LibraryFile) throws(PluginRefusal) -> Loaded {
        guard let handle = dlopen("/proc/self/fd/\(file.descriptor)", RTLD_NOW | RTLD_LOCAL) else {
            throw PluginRefusal("cannot be loaded: \(linkerError(file))")
        }
        return Loaded(handle: handle)
    }

    private static func linkerError(_ file: LibraryFile) -> String {
        guard let text = dlerror() else { return "unknown reason" }
        let message = String(decoding: UnsafeRawBufferPointer(start: text, count: strlen(text)), as: UTF8.self)
            .replacing("/proc/self/fd/\(file.descriptor)", with: file.path)
        return message + advice(on: message)
    }

    /// The fix that follows from the linker's words; empty for those that say it themselves.
    static func advice(on message: String) -> String {
        if message.contains("failed to map segment") {
            return
                ": the folder of that library is not one that the service may load from (NoExecPaths=): link it in statically, "
                + "install it in Debian's folder of libraries, or open its folder as the example plugin-folder.conf does; "
                + "or its file system is mounted with noexec"
        }
        guard message.contains("cannot open shared object file") else { return "" }
        return
            ": install it where the dynamic linker looks (ldconfig), name its folder in full (-Wl,-rpath,/FOLDER), or link it "
            + "in statically; a folder from $ORIGIN is not looked into"
    }

    /// The class of that full name.
    func kcClass(named name: String) -> UnsafePointer<kc_class>? {
        var found: UnsafePointer<kc_class>?
        do throws(PluginRefusal) {
            try ManifestReader.forEach(plugin.classes, as: kc_class.self, "classes") { pointer in
                guard found == nil, let text = pointer.pointee.name else { return }
                if String(cString: text) == name { found = pointer }
            }
        } catch {
            return nil
        }
        return found
    }
}
