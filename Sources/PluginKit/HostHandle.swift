import ConnectABI
import Glibc

/// The worker's handle of an instance, which is memory that the worker frees when `destroy` has returned: lent to one call at a
/// time or to several, and to none once it is retired.
///
/// `@unchecked Sendable`: the handle is read and written under the lock.
final class HostHandle: @unchecked Sendable {
    private var handle: OpaquePointer?
    private var isRetired = false
    /// Shared by calls, which may be made from several threads and, out of the worker's answer to one, within one another;
    /// exclusive for the one who retires the handle. Readers go before writers, so that a call within a call is let in.
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    init(_ handle: OpaquePointer?) {
        self.handle = handle
        pthread_rwlock_init(lock, nil)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// Lends the handle for the length of a call.
    ///
    /// - Returns: what the call did; nil without a call, where the handle is retired.
    @discardableResult
    func use<Answer>(_ body: (OpaquePointer?) -> Answer) -> Answer? {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return isRetired ? nil : body(handle)
    }

    /// Takes the handle away, once the calls under way have returned. Not to be called within one.
    func retire() {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        isRetired = true
        handle = nil
    }
}
