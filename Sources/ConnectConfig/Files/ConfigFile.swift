/// The kinds of configuration file, told by the end of the name.
enum ConfigFileKind {
    case yaml, json, properties
    /// No ending that says it: JSON where the text is JSON, else properties, which is Apache's order.
    case unknown

    init(path: String) {
        let name = path.lowercased()
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            self = .yaml
        } else if name.hasSuffix(".json") {
            self = .json
        } else if name.hasSuffix(".properties") {
            self = .properties
        } else {
            self = .unknown
        }
    }
}

/// Reads configuration files from disk.
package enum ConfigFile {
    /// A worker's file: YAML, or properties by its name. What cannot be read is a problem of the document.
    package static func readWorker(_ path: String) -> ConfigDocument {
        do throws(FileError) {
            return parseWorker(try FileContents.read(path), file: path)
        } catch {
            return unreadable(path, error)
        }
    }

    /// The same for content that was read already; the name says what it is.
    package static func parseWorker(_ bytes: [UInt8], file: String) -> ConfigDocument {
        switch ConfigFileKind(path: file) {
        case .yaml: YAMLConfigReader.read(bytes, file: file)
        case .json, .properties, .unknown: PropertiesReader.read(bytes, file: file)
        }
    }

    /// A connector's file of any kind. A name that says properties may still hold JSON, as with Apache's worker.
    static func readConnector(_ path: String) -> ConnectorDocument {
        do throws(FileError) {
            return parseConnector(try FileContents.read(path), file: path)
        } catch {
            return ConnectorDocument(config: unreadable(path, error))
        }
    }

    /// The same for content that was read already.
    static func parseConnector(_ bytes: [UInt8], file: String) -> ConnectorDocument {
        switch ConfigFileKind(path: file) {
        case .yaml: return YAMLConfigReader.readConnector(bytes, file: file)
        case .json: return JSONConfigReader.read(bytes, file: file)
        case .properties, .unknown:
            if JSONConfigReader.isJSON(bytes) { return JSONConfigReader.read(bytes, file: file) }
            return ConnectorDocument(config: PropertiesReader.read(bytes, file: file))
        }
    }

    private static func unreadable(_ path: String, _ error: FileError) -> ConfigDocument {
        var document = ConfigDocument(file: path)
        document.error("cannot be read: \(error.reason)", at: nil)
        return document
    }
}
