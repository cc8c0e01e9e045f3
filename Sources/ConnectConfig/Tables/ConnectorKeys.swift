package import Settings

/// The tables of the keys that the framework gives every connector.
package enum ConnectorKeys {
    /// Keys of every connector, whatever its kind.
    package static let commonTable = SettingsTable(common)

    /// Keys of a source connector.
    package static let sourceTable = SettingsTable(common + source)

    /// Keys of a sink connector.
    package static let sinkTable = SettingsTable(common + sink)
}
