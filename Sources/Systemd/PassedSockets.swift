import CSystemd
import Glibc

/// A descriptor that systemd opened for the service, for example by socket activation.
public struct PassedSocket: Sendable, Equatable {
    /// What the unit calls it (`FileDescriptorName=`), or `unknown`.
    public let name: String
    /// Open, closed on exec, and the caller's.
    public let descriptor: Int32

    /// A descriptor with its name.
    public init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }

    /// Takes the descriptors that were passed to this process, none without systemd.
    ///
    /// To be called once, before other threads read the environment: it takes the variables out, so that no child
    /// believes the descriptors to be its own.
    public static func take() -> [PassedSocket] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count > 0 else { return [] }
        defer {
            for index in 0..<Int(count) { free(names?[index]) }
            free(names)
        }
        return (0..<count).map { index in
            let name = names.flatMap { $0[Int(index)] }.map { String(cString: $0) } ?? "unknown"
            return PassedSocket(name: name, descriptor: SD_LISTEN_FDS_START + index)
        }
    }
}
