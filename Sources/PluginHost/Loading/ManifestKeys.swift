import ConnectABI
import Settings

/// A manifest's keys as a table of the validation engine.
extension PluginManifest.Class {
    /// The keys that this class declares, without the framework's.
    var table: SettingsTable { SettingsTable(keys.map(\.settingKey)) }
}

extension PluginManifest.Key {
    fileprivate var settingKey: SettingKey {
        SettingKey(
            name, settingType, default: !hasDefault ? .required : defaultValue.map { .text($0) } ?? .none,
            validator: validator, settingImportance, documentation, group: group, order: Int(order),
            width: settingWidth, display: displayName, dependents: dependents,
            recommender: recommended.isEmpty ? nil : .fixed(recommended))
    }

    private var settingType: SettingType {
        switch type {
        case Int32(KC_TYPE_BOOLEAN): return .boolean
        case Int32(KC_TYPE_INT): return .int
        case Int32(KC_TYPE_SHORT): return .short
        case Int32(KC_TYPE_LONG): return .long
        case Int32(KC_TYPE_DOUBLE): return .double
        case Int32(KC_TYPE_LIST): return .list
        case Int32(KC_TYPE_CLASS): return .class
        case Int32(KC_TYPE_PASSWORD): return .password
        default: return .string
        }
    }

    private var settingImportance: SettingImportance {
        switch importance {
        case Int32(KC_IMPORTANCE_HIGH): return .high
        case Int32(KC_IMPORTANCE_MEDIUM): return .medium
        default: return .low
        }
    }

    private var settingWidth: SettingWidth {
        switch width {
        case Int32(KC_WIDTH_SHORT): return .short
        case Int32(KC_WIDTH_MEDIUM): return .medium
        case Int32(KC_WIDTH_LONG): return .long
        default: return .none
        }
    }

    private var validator: SettingValidator? {
        let known = validators.compactMap { $0.settingValidator(isDouble: type == Int32(KC_TYPE_DOUBLE)) }
        switch known.count {
        case 0: return nil
        case 1: return known.first
        default: return .all(known)
        }
    }
}

extension PluginManifest.Validator {
    fileprivate func settingValidator(isDouble: Bool) -> SettingValidator? {
        switch kind {
        case Int32(KC_VALIDATE_RANGE): return .range(bound(minimum, isDouble), bound(maximum, isDouble))
        case Int32(KC_VALIDATE_ONE_OF): return .oneOf(values)
        case Int32(KC_VALIDATE_ONE_OF_IGNORE_CASE): return .oneOfIgnoringCase(values)
        case Int32(KC_VALIDATE_NON_EMPTY): return .nonEmptyString
        case Int32(KC_VALIDATE_NON_NULL): return .nonNull
        case Int32(KC_VALIDATE_NON_EMPTY_LIST): return .nonEmptyList
        case Int32(KC_VALIDATE_REGEX): return .regularExpression
        default: return nil
        }
    }

    private func bound(_ number: Double?, _ isDouble: Bool) -> SettingValidator.Bound? {
        guard let number else { return nil }
        if !isDouble, let whole = Int64(exactly: number) { return .integer(whole) }
        return .double(number)
    }
}
