import ConnectABI
import ConnectConfig
import PluginHost
import Settings

/// The configuration keys of all classes.
enum KeyChecks {
    static let all = [
        Check(
            "keys", "configuration keys are the class's own, with defaults that their types and validators take",
            needs: ["load", "description", "classes"]
        ) { (subject) throws(CheckEnd) in
            let library = try Library(subject)
            for kcClass in library.classes { check(kcClass.pointee, library, subject.session) }
        }
    ]

    private static func check(_ entry: kc_class, _ library: Library, _ session: Session) {
        let name = StringCheck.text(entry.name)
        if let problem = TableCheck.problem(entry.config_keys, of: kc_config_key.self) {
            return session.problem("the table of keys of class \(name) \(problem)")
        }
        let framework = entry.kind == Int32(KC_CLASS_SINK) ? ConnectorKeys.sinkTable : ConnectorKeys.sourceTable
        let keys = TableCheck.items(entry.config_keys, as: kc_config_key.self)
        let names = keys.map { StringCheck.text($0.name) }
        var seen: Set<String> = []
        for key in keys {
            let check = KeyCheck(key, "key \(StringCheck.text(key.name)) of class \(name)", session)
            check.run()
            check.checkDependents(names)
            let keyName = StringCheck.text(key.name)
            if !keyName.isEmpty, !seen.insert(keyName).inserted { session.problem("\(check.place) is declared twice") }
            if framework.contains(keyName) {
                session.problem("\(check.place) is one of the worker's own for every connector: give it another name")
            }
        }
        guard !session.hasProblems else { return }
        guard let table = PluginInspection.table(of: name, in: UnsafeRawPointer(library.plugin)) else { return }
        for key in table.keys where !key.isRequired {
            // The default as if an operator had written it.
            let found = SettingsTable([key]).validate([:]).reports.first { $0.name == key.name }?.errors ?? []
            for error in found {
                session.problem("the default of key \(key.name) of class \(name) is refused: \(error)")
            }
        }
    }
}

/// One declared key.
private struct KeyCheck {
    let place: String
    private let key: kc_config_key
    private let session: Session

    init(_ key: kc_config_key, _ place: String, _ session: Session) {
        self.key = key
        self.place = place
        self.session = session
    }

    func run() {
        let name = StringCheck.text(key.name)
        if name.isEmpty { session.problem("\(place) has no name, or none that can be read") }
        if name.contains(where: { $0.isWhitespace || $0 == "=" || $0 == ":" }) {
            session.problem("\(place) has a blank, = or : in its name, which no file can spell")
        }
        for (what, text) in [
            ("name", key.name), ("default", key.default_value), ("documentation", key.documentation),
            ("group", key.group),
            ("display name", key.display_name),
        ] {
            if let problem = StringCheck.problem(text) { session.problem("the \(what) of \(place) \(problem)") }
        }
        if StringCheck.text(key.documentation).isEmpty {
            session.problem("\(place) has no documentation, which REST shows")
        }
        for (what, number, most) in [
            ("type", key.type, Int32(KC_TYPE_PASSWORD)), ("importance", key.importance, Int32(KC_IMPORTANCE_LOW)),
            ("width", key.width, Int32(KC_WIDTH_LONG)),
        ] where !(0...most).contains(number) {
            session.problem("\(place) has the unknown \(what) \(number)")
        }
        if key.flags & UInt32(KC_KEY_HAS_DEFAULT) == 0, key.default_value != nil {
            session.problem(
                "\(place) has a default that nobody sees: set KC_KEY_HAS_DEFAULT, or leave it out for a required key")
        }
        if key.reserved != 0 { session.problem("\(place) has reserved bytes that are not zero") }
        checkTexts("recommended values", key.recommended, key.recommended_count)
        checkTexts("dependents", key.dependents, key.dependent_count)
        checkValidators()
    }

    func checkDependents(_ known: [String]) {
        guard key.dependent_count > 0, let dependents = key.dependents else { return }
        for index in 0..<Int(key.dependent_count) {
            let name = StringCheck.text(dependents[index])
            if !known.contains(name) { session.problem("\(place) has the dependent \(name), which is not declared") }
        }
    }

    private func checkTexts(_ what: String, _ texts: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int32) {
        guard count >= 0, count == 0 || texts != nil else {
            return session.problem("\(place) has \(count) \(what)" + (texts == nil ? " at no address" : ""))
        }
        for index in 0..<Int(count) {
            guard let text = texts?[index] else { return session.problem("\(place) has NULL among its \(what)") }
            if let problem = StringCheck.problem(text) { session.problem("one of the \(what) of \(place) \(problem)") }
        }
    }

    private func checkValidators() {
        if let problem = TableCheck.problem(key.validators, of: kc_validator.self) {
            return session.problem("the table of validators of \(place) \(problem)")
        }
        for validator in TableCheck.items(key.validators, as: kc_validator.self) {
            let kind = validator.kind
            if !(Int32(KC_VALIDATE_RANGE)...Int32(KC_VALIDATE_REGEX)).contains(kind) {
                session.problem("\(place) has a validator of the unknown kind \(kind)")
            }
            if kind == Int32(KC_VALIDATE_RANGE) { checkRange(validator) }
            if kind == Int32(KC_VALIDATE_ONE_OF) || kind == Int32(KC_VALIDATE_ONE_OF_IGNORE_CASE) {
                if validator.value_count <= 0 { session.problem("\(place) must be one of no values") }
                checkTexts("values of a validator", validator.values, validator.value_count)
            }
            if validator.reserved != 0 {
                session.problem("\(place) has a validator with reserved bytes that are not zero")
            }
        }
    }

    private func checkRange(_ validator: kc_validator) {
        let hasMinimum = validator.flags & UInt32(KC_RANGE_HAS_MINIMUM) != 0
        let hasMaximum = validator.flags & UInt32(KC_RANGE_HAS_MAXIMUM) != 0
        if !hasMinimum, !hasMaximum {
            session.problem("\(place) has a range without a bound: set KC_RANGE_HAS_MINIMUM or _MAXIMUM")
        }
        let isEmpty = hasMinimum && hasMaximum && validator.minimum > validator.maximum
        if isEmpty || validator.minimum.isNaN || validator.maximum.isNaN {
            session.problem("\(place) has a range that no number is in")
        }
    }
}
