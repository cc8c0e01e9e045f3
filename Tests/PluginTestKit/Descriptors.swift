import Glibc

/// Has whatever needs a new file descriptor fail with EMFILE. For a process of its own: the limit is everybody's.
///
/// - Returns: what ends it.
public func withoutFreeDescriptors() -> () -> Void {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var before = rlimit()
    getrlimit(resource, &before)
    var none = rlimit(rlim_cur: 0, rlim_max: before.rlim_max)
    setrlimit(resource, &none)
    return {
        var limit = before
        setrlimit(resource, &limit)
    }
}
