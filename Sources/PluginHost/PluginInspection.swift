import ConnectABI
import Glibc
package import Settings

/// What a worker finds out about a library before it uses it, for the program that checks libraries for their authors.
package enum PluginInspection {
    /// Why a worker would refuse a file; nil when it takes it.
    package static func refusal(ofFile path: String) -> String? {
        do throws(PluginRefusal) {
            try LibraryFile.open(path).close()
            return nil
        } catch {
            return error.reason
        }
    }

    /// Why a worker would refuse a file wherever it lies: it is no whole shared library of this machine; nil when it is one.
    package static func refusal(ofLibrary path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "cannot be opened: \(errorText(errno))" }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return "is not a regular file"
        }
        do throws(PluginRefusal) {
            try ELFCheck(descriptor: descriptor, size: Int64(status.st_size)).check()
            return nil
        } catch {
            return error.reason
        }
    }

    /// Why a worker would refuse a description; nil when it takes it.
    ///
    /// - Parameter plugin: what the library's entry function returned, a `kc_plugin`.
    package static func refusal(of plugin: UnsafeRawPointer) -> String? {
        do throws(PluginRefusal) {
            _ = try ManifestReader.read(plugin.assumingMemoryBound(to: kc_plugin.self))
            return nil
        } catch {
            return error.reason
        }
    }

    /// The keys that a class declares, without the framework's; nil when the description cannot be read.
    package static func table(of className: String, in plugin: UnsafeRawPointer) -> SettingsTable? {
        do throws(PluginRefusal) {
            let manifest = try ManifestReader.read(plugin.assumingMemoryBound(to: kc_plugin.self))
            return manifest.classes.first { $0.name == className }?.table
        } catch {
            return nil
        }
    }
}
