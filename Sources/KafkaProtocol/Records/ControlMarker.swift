/// What a record of a control batch says; applications never see one.
public enum ControlMarker: Sendable, Equatable {
    /// The transaction of the batch's producer was aborted here.
    case abort
    /// The transaction of the batch's producer was committed here.
    case commit
    /// A marker of another kind, to be passed over.
    case other

    /// Reads the key of a control record.
    public init(key: UnsafeRawBufferPointer?) throws(ProtocolError) {
        guard let key else { throw .nullNotAllowed("ControlRecord.key") }
        var r = ByteReader(key)
        guard try r.int16() >= 0 else { throw .invalidLength(-1) }
        switch try r.int16() {
        case 0: self = .abort
        case 1: self = .commit
        default: self = .other
        }
    }
}
