/// A connector's file as read: its configuration, and what a create request says beside it.
struct ConnectorDocument {
    /// A text with its place.
    struct Text {
        let text: String
        let position: SourcePosition
    }

    var config: ConfigDocument
    var name: Text?
    var initialState: Text?

    /// A YAML map that is a create request: `config` is a map, and no other members than a request's stand beside it. A
    /// flat configuration cannot look like this, for it would lack `connector.class`.
    struct Request {
        let config: YAMLNode
        let name: Text?
        let initialState: Text?

        init?(_ members: [(key: YAMLNode, value: YAMLNode)]) {
            var config: YAMLNode?
            var name: Text?
            var initialState: Text?
            for (key, value) in members {
                switch (key.text, value.content) {
                case ("config", .mapping): config = value
                case ("name", .scalar): name = value.text.map { Text(text: $0, position: value.position) }
                case ("initial_state", .scalar):
                    initialState = value.text.map { Text(text: $0, position: value.position) }
                default: return nil
                }
            }
            guard let config else { return nil }
            self.config = config
            self.name = name
            self.initialState = initialState
        }
    }
}
