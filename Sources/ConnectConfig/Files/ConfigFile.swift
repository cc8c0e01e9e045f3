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
            let bytes = try FileContents.read(path)
            switch ConfigFileKind(path: path) {
            case .yaml: return YAMLConfigReader.read(bytes, file: path)
            case .json, .properties, .unknown: return PropertiesReader.read(bytes, file: path)
            }
        } catch {
            return unreadable(path, error)
        }
    }

    /// A connector's file of any kind. A name that says properties may still hold JSON, as with Apache's worker.
    static func readConnector(_ path: String) -> ConnectorDocument {
        do throws(FileError) {
            let bytes = try FileContents.read(path)
            switch ConfigFileKind(path: path) {
            case .yaml: return YAMLConfigReader.readConnector(bytes, file: path)
            case .json: return JSONConfigReader.read(bytes, file: path)
            case .properties, .unknown:
                if JSONConfigReader.isJSON(bytes) { return JSONConfigReader.read(bytes, file: path) }
                return ConnectorDocument(config: PropertiesReader.read(bytes, file: path))
            }
        } catch {
            return ConnectorDocument(config: unreadable(path, error))
        }
    }

    private static func unreadable(_ path: String, _ error: FileError) -> ConfigDocument {
        var document = ConfigDocument(file: path)
        document.error("cannot be read: \(error.reason)", at: nil)
        return document
    }
}
