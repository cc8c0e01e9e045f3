// A connector.
@c(kafka_connect_entry) public func entry() -> UnsafeRawPointer? { nil }
