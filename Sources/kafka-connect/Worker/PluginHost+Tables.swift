import PluginHost

extension PluginHost: PluginTables {}
