import CConformance
import Glibc

/// The process of one check.
enum CheckProcess {
    /// - Returns: the exit code: 0 when the check came to its end, whatever it found.
    static func run(_ name: String, _ options: Options) -> Int32 {
        guard let check = Check.all.first(where: { $0.name == name }) else { return 2 }
        ccf_become_child()
        // What the library starts is not to hold the report open.
        _ = fcntl(Session.reportDescriptor, F_SETFD, FD_CLOEXEC)
        ccf_name_faults(Session.reportDescriptor)
        let session = Session(patience: options.callLimit / 2)
        do throws(CheckEnd) {
            try check.body(Check.Subject(session: session, options: options))
        } catch {
            switch error {
            case .skip(let reason): session.skip(reason)
            case .misused(let reason): session.misused(reason)
            case .stop: break
            }
        }
        session.complete()
        return 0
    }
}
