import ConnectModel
import HTTPServer
import JSON

/// Plugins: what there is, which keys it has, whether a configuration fits.
enum PluginsResource {
    /// `GET /connector-plugins`; with `connectorsOnly=false` converters and the like too.
    static func list(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let connectorsOnly = request.flag("connectorsOnly", default: true)
        let plugins = all(context).filter { !connectorsOnly || $0.type == .sink || $0.type == .source }
        return .answer(
            RESTAnswer.json { writer in
                writer.beginArray()
                for plugin in plugins {
                    writer.beginObject()
                    writer.key("class")
                    writer.string(plugin.className)
                    writer.key("type")
                    writer.string(plugin.type.rawValue)
                    if !plugin.version.isEmpty {
                        writer.key("version")
                        writer.string(plugin.version)
                    }
                    writer.endObject()
                }
                writer.endArray()
            })
    }

    /// `GET /connector-plugins/{p}/config`.
    static func configKeys(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let plugin = try request.variable(0)
        do throws(ConnectError) {
            let keys = try context.herder.configKeys(of: plugin)
            return .answer(
                RESTAnswer.json { writer in
                    writer.beginArray()
                    for key in keys { PluginBodies.key(key, &writer) }
                    writer.endArray()
                })
        } catch {
            throw error.code == .configUnknownClass ? RESTError(404, "Unknown plugin \(plugin).") : RESTError(error)
        }
    }

    /// `PUT /connector-plugins/{p}/config/validate`. Errors of the configuration are no errors of the request.
    static func validate(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let plugin = try request.variable(0)
        let config = try ConfigRequest.config(request.http.body)
        guard let type = config["connector.class"] else {
            throw .badRequest("Connector config \(config.keyDescription) contains no connector type")
        }
        guard shortName(type).hasSuffix(shortName(plugin)) else {
            throw .badRequest("Included connector type \(type) does not match request type \(plugin)")
        }
        return context.ask(.validateConfig(config)) { reply in
            guard case .validation(let validation) = reply else { return nil }
            return RESTAnswer.json { PluginBodies.validation(validation, &$0) }
        }
    }

    /// A class name without the word at its end that aliases leave out.
    private static func shortName(_ name: String) -> String {
        let ending = "Connector"
        return name.hasSuffix(ending) && name != ending ? String(name.dropLast(ending.count)) : name
    }

    /// Every plugin once, by kind in Apache's order, then by class.
    private static func all(_ context: RESTContext) -> [RESTSettings.BuiltIn] {
        var all = context.settings.builtIns
        for plugin in context.herder.catalog.plugins {
            guard let type = RESTSettings.PluginType(rawValue: plugin.kind.rawValue) else { continue }
            let entry = RESTSettings.BuiltIn(className: plugin.className, type: type, version: plugin.version)
            if !all.contains(entry) { all.append(entry) }
        }
        return RESTSettings.PluginType.allCases.flatMap { type in
            all.filter { $0.type == type }.sorted { ($0.className, $0.version) < ($1.className, $1.version) }
        }
    }
}
