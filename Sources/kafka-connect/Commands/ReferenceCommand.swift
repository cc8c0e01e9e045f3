import ConnectConfig

/// `kafka-connect reference`: all keys as Markdown, from the tables.
enum ReferenceCommand {
    static func page() -> String { ReferencePage.render() }
}
