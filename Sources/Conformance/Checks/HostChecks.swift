import ConnectABI

/// Hosts of other versions of the interface: structs that are longer, tables with longer items, bits that nobody knows.
enum HostChecks {
    private static let needs = ["load", "description", "functions", ConnectorChecks.classCheck, "connector"]

    static let all = [
        Check(
            "host.later", "a later host, with longer structs and tables and unknown bits, is as good", .connector,
            needs: needs
        ) { (subject) throws(CheckEnd) in
            try run(subject, .later)
        },
        Check(
            "host.smaller", "no service beyond the host's struct_size is looked at", .connector, needs: needs
        ) { (subject) throws(CheckEnd) in
            try run(subject, .smaller)
        },
    ]

    private static func run(_ subject: Check.Subject, _ shape: HostShape) throws(CheckEnd) {
        let bench = try Bench(subject, shape)
        let minor = bench.library.plugin.pointee.abi_minor
        if shape.extraBytes > 0, minor > UInt16(KC_ABI_MINOR) {
            // What is unknown here may be known to it.
            throw .skip(
                "it is built for version \(KC_ABI_MAJOR).\(minor) of the interface, which is later than this program's")
        }
        if bench.isSource {
            try SourceChecks.life(subject, shape)
        } else if bench.kcClass.pointee.kind == Int32(KC_CLASS_SINK) {
            try SinkChecks.life(subject, shape)
        }
    }
}
