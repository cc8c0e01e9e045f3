import Testing

@testable import Settings

/// The texts are those of Apache Kafka 4.3.1 for the same input.
struct SettingsValidationTests {
    private func errors(
        _ value: String?, _ type: SettingType, _ validator: SettingValidator? = nil, key: String = "k",
        default standard: SettingKey.Default = .none
    ) -> [String] {
        let table = SettingsTable([SettingKey(key, type, default: standard, validator: validator, .high, "")])
        return table.validate([key: value]).reports[0].errors
    }

    @Test func `A number that does not parse is null for its validator, which still runs`() {
        #expect(
            errors("x", .int, .atLeast(1), key: "tasks.max") == [
                "Invalid value x for configuration tasks.max: Not a number of type INT",
                "Invalid value null for configuration tasks.max: Value must be non-null",
            ])
        #expect(
            errors(" 0 ", .int, .atLeast(1), key: "tasks.max") == [
                "Invalid value 0 for configuration tasks.max: Value must be at least 1"
            ])
    }

    @Test func `A required key that is missing says so, then its validator speaks`() {
        let table = SettingsTable([
            SettingKey(
                "fields", .list, default: .required,
                validator: .list(emptyAllowed: false, nullAllowed: false, valid: []), .high, "")
        ])
        #expect(
            table.validate([:]).reports[0].errors == [
                "Missing required configuration \"fields\" which has no default value.",
                "Configuration 'fields' values must not be null.",
            ])
    }

    @Test(arguments: [
        (SettingType.int, "2147483648", "Not a number of type INT"), (.short, "40000", "Not a number of type SHORT"),
        (.long, "1.5", "Not a number of type LONG"), (.long, "0x10", "Not a number of type LONG"),
        (.double, "nan", "Not a number of type DOUBLE"), (.int, "", "Not a number of type INT"),
        (.int, "1_0", "Not a number of type INT"), (.boolean, "yes", "Expected value to be either true or false"),
        (.double, "0x1", "Not a number of type DOUBLE"), (.double, "1e", "Not a number of type DOUBLE"),
        (.double, "inf", "Not a number of type DOUBLE"),
    ])
    func `Texts that Java does not read are refused in its words`(type: SettingType, text: String, detail: String) {
        #expect(errors(text, type) == ["Invalid value \(text) for configuration k: \(detail)"])
    }

    @Test(arguments: [
        (SettingType.int, "+5", "5"), (.long, " -9223372036854775808 ", "-9223372036854775808"),
        (.boolean, " TRUE ", "true"),
        (.double, "0.9d", "0.9"), (.double, "0x1p-1", "0.5"), (.double, "1e-7", "1.0E-7"), (.double, "2", "2.0"),
        (.double, ".5", "0.5"), (.double, "-.5f", "-0.5"), (.double, "5.", "5.0"),
        (.double, "12345678.9", "1.23456789E7"),
        (.double, "NaN", "NaN"), (.double, "-Infinity", "-Infinity"), (.string, " spaced out ", "spaced out"),
        (.list, "a , b,,c ", "a,b,,c"), (.list, "  ", ""), (.password, "pw", "[hidden]"),
    ])
    func `Values are shown as Java shows them`(type: SettingType, text: String, shown: String) {
        let table = SettingsTable([SettingKey("k", type, default: .none, .high, "")])
        let report = table.validate(["k": text]).reports[0]
        #expect(report.errors == [])
        #expect(report.value == shown)
    }

    @Test(
        arguments: [
            ("a,b,a", true, "Configuration 'topics' values must not be duplicated."),
            ("a,,b", true, "Configuration 'topics' values must not be empty."), ("", true, nil),
            ("", false, "Configuration 'topics' must not be empty. Valid values include: any non-empty value"),
        ] as [(String, Bool, String?)])
    func `Lists are checked as a whole`(text: String, emptyAllowed: Bool, message: String?) {
        let validator = SettingValidator.list(emptyAllowed: emptyAllowed, nullAllowed: false, valid: [])
        #expect(errors(text, .list, validator, key: "topics") == (message.map { [$0] } ?? []))
    }

    @Test func `A list from a closed set names the first element that is not of it`() {
        #expect(
            errors("new,a", .list, .list(emptyAllowed: true, nullAllowed: false, valid: ["legacy", "new"]), key: "f")
                == [
                    "Invalid value a for configuration f: String must be one of: legacy, new"
                ])
    }

    @Test func `Closed sets show their members in their own order`() {
        #expect(
            errors("ALL", .string, .oneOf(["none", "all"]), key: "errors.tolerance") == [
                "Invalid value ALL for configuration errors.tolerance: String must be one of: none, all"
            ])
        #expect(
            errors("foo", .string, .oneOfIgnoringCase(["REQUIRED", "REQUESTED"]), key: "exactly.once.support") == [
                "Invalid value foo for configuration exactly.once.support: "
                    + "String must be one of (case insensitive): REQUIRED, REQUESTED"
            ])
        #expect(errors("Requested", .string, .oneOfIgnoringCase(["REQUIRED", "REQUESTED"])) == [])
    }

    @Test func `Names may be neither empty nor hold control characters`() {
        #expect(
            errors("  ", .string, .name, key: "name") == [
                "Invalid value  for configuration name: String may not be empty"
            ])
        #expect(
            errors("a\nb\u{1}\u{85}c\u{7F}", .string, .name, key: "name") == [
                "Invalid value a\nb\u{1}\u{85}c\u{7F} for configuration name: String may not contain control sequences "
                    + "but had the following ASCII chars: 10, 1, 133, 127"
            ])
    }

    @Test func `Bounds of doubles are printed as Java prints them`() {
        #expect(
            errors("2", .double, .fraction(0.5, 1.0), key: "f") == [
                "Invalid value 2.0 for configuration f: Value must be no more than 1.0"
            ])
        #expect(
            errors("0.4", .double, .fraction(0.5, 1.0), key: "f") == [
                "Invalid value 0.4 for configuration f: Value must be at least 0.5"
            ])
    }

    @Test func `Null given is null, whatever the default`() {
        #expect(
            errors(nil, .int, .atLeast(1), key: "tasks.max", default: .text("1")) == [
                "Invalid value null for configuration tasks.max: Value must be non-null"
            ])
        #expect(errors(nil, .long, .nullOr(.atLeast(0))) == [])
        #expect(
            errors(nil, .list, .nonNull, key: "transforms") == [
                "Invalid value null for configuration transforms: entry must be non null"
            ])
    }

    @Test func `A class that the resolver does not know could not be found`() {
        let table = SettingsTable([SettingKey("c", .class, default: .text("org.example.Default"), .high, "")])
        let resolver = ClassResolver { $0 == "Json" ? "org.example.JsonConverter" : nil }
        #expect(table.validate(["c": "Json"], classes: resolver).reports[0].value == "org.example.JsonConverter")
        #expect(table.validate([:], classes: resolver).reports[0].value == "org.example.Default")
        #expect(
            table.validate(["c": "X"], classes: resolver).reports[0].errors == [
                "Invalid value X for configuration c: Class X could not be found."
            ])
    }

    @Test func `The first of several validators that finds a problem speaks`() {
        let validator = SettingValidator.all([.nonNull, .uniqueElements(message: "Duplicate alias provided.")])
        #expect(
            errors("a, a,b", .list, validator, key: "transforms") == [
                "Invalid value [a, a, b] for configuration transforms: Duplicate alias provided."
            ])
    }

    @Test func `Recommenders see the parsed values of the other keys`() {
        let table = SettingsTable([
            SettingKey("mode", .string, default: .text("a"), .high, "", dependents: ["size"]),
            SettingKey(
                "size", .int, default: .text("1"), .low, "",
                recommender: .init(
                    values: { _, values in values["mode"] == .string("b") ? ["1", "2"] : [] },
                    isVisible: { _, values in values["mode"] == .string("b") })),
        ])
        let hidden = table.validate([:]).reports[1]
        #expect(hidden.recommendedValues == [] && !hidden.isVisible)
        let shown = table.validate(["mode": "b"]).reports[1]
        #expect(shown.recommendedValues == ["1", "2"] && shown.isVisible)
    }

    @Test func `A dependent that nobody defined is reported`() {
        let table = SettingsTable([SettingKey("a", .string, default: .none, .high, "", dependents: ["b"])])
        let result = table.validate([:])
        #expect(result.reports.map(\.name) == ["a", "b"])
        #expect(result.reports[1].errors == ["b is referred in the dependents, but not defined."])
        #expect(result.errorCount == 1)
    }

    @Test func `An embedded table speaks of its keys without the prefix, save for missing ones`() {
        let child = SettingsTable([
            SettingKey("replacement", .string, default: .required, .high, "doc"),
            SettingKey("regex", .string, default: .required, validator: .regularExpression, .high, "doc"),
            SettingKey("negate", .boolean, default: .text("false"), .medium, "doc"),
        ])
        var table = SettingsTable()
        table.embed(child, prefix: "transforms.d.", group: "Transforms: d", order: 2)
        let reports = table.validate(["transforms.d.regex": "("]).reports
        #expect(reports.map(\.name) == ["transforms.d.regex", "transforms.d.replacement", "transforms.d.negate"])
        #expect(reports.map { $0.key?.orderInGroup } == [2, 3, 4])
        #expect(reports[0].errors.first?.hasPrefix("Invalid value ( for configuration regex: Invalid regex: ") == true)
        #expect(
            reports[1].errors == [
                "Missing required configuration \"transforms.d.replacement\" which has no default value."
            ])
        #expect(table.groups == ["Transforms: d"])
    }
}
