/// Turns a YAML document into dotted keys: nested maps join their names with dots, lists become comma lists, a scalar's
/// value is its text as written.
struct YAMLConfigReader {
    private var document: ConfigDocument
    private var visited = 0

    /// Reads everything that can be read; problems are in the result.
    static func read(_ bytes: [UInt8], file: String) -> ConfigDocument {
        var reader = YAMLConfigReader(document: ConfigDocument(file: file))
        if let root = reader.tree(bytes) { reader.flattenRoot(root) }
        return reader.document
    }

    /// The same for a connector's file, which may also be `{name, config, initial_state}`.
    static func readConnector(_ bytes: [UInt8], file: String) -> ConnectorDocument {
        var reader = YAMLConfigReader(document: ConfigDocument(file: file))
        guard let root = reader.tree(bytes) else { return ConnectorDocument(config: reader.document) }
        guard case .mapping(let members) = root.content, let request = ConnectorDocument.Request(members) else {
            reader.flattenRoot(root)
            return ConnectorDocument(config: reader.document)
        }
        reader.flatten(request.config, prefix: "")
        return ConnectorDocument(config: reader.document, name: request.name, initialState: request.initialState)
    }

    private init(document: ConfigDocument) { self.document = document }

    private mutating func tree(_ bytes: [UInt8]) -> YAMLNode? {
        do throws(YAMLTree.Failure) {
            let (root, complaints) = try YAMLTree.read(bytes)
            // Text and structure are those that stand there, so nothing is left out.
            for complaint in complaints { document.error(complaint.message, at: complaint.position, leavesOut: false) }
            return root
        } catch {
            document.error(error.message, at: error.position)
            return nil
        }
    }

    private mutating func flattenRoot(_ root: YAMLNode) {
        switch root.content {
        case .mapping: flatten(root, prefix: "")
        case .scalar: if root.text != nil { document.error("expected keys and values", at: root.position) }
        case .sequence: document.error("expected keys and values, not a list", at: root.position)
        }
    }

    /// Walks `node`; false once so many nodes were seen that aliases must be multiplying them.
    @discardableResult
    private mutating func flatten(_ node: YAMLNode, prefix: String) -> Bool {
        guard case .mapping(let members) = node.content else { return true }
        for (key, value) in members {
            guard count(key) else { return false }
            guard case .scalar(let name, let isPlain) = key.content, !name.isEmpty else {
                document.error("a key must be a text that is not empty", at: key.position)
                continue
            }
            if isPlain, name == "<<" {
                document.error("merge keys are not supported", at: key.position)
                continue
            }
            let dotted = prefix + name
            switch value.content {
            case .scalar: document.add(dotted, value.text, at: key.position)
            case .mapping: guard flatten(value, prefix: dotted + ".") else { return false }
            case .sequence(let elements): guard add(elements, as: dotted, at: key.position) else { return false }
            }
        }
        return true
    }

    private mutating func add(_ elements: [YAMLNode], as key: String, at position: SourcePosition) -> Bool {
        var texts: [String] = []
        for element in elements {
            guard count(element) else { return false }
            guard case .scalar = element.content, let text = element.text else {
                document.error("a list may hold nothing but texts", at: element.position, key: key)
                continue
            }
            if text.contains(",") {
                document.error(
                    "a list item may not contain a comma", at: element.position, key: key, leavesOut: false)
            }
            texts.append(text)
        }
        document.add(key, texts.joined(separator: ","), at: position)
        return true
    }

    private mutating func count(_ node: YAMLNode) -> Bool {
        visited += 1
        if visited == YAMLTree.maximumNodes {
            document.error("aliases make this more than \(YAMLTree.maximumNodes) nodes", at: node.position)
        }
        return visited < YAMLTree.maximumNodes
    }
}
