internal import Glibc

/// Takes values from the credentials that systemd passes to the worker (`LoadCredential=`, `SetCredential=` and their like):
/// `${credential:NAME}` stands for the content of the file NAME in the folder that `CREDENTIALS_DIRECTORY` names.
///
/// One line end at the end of a credential is not part of its value, since most are written by tools that add one. What
/// is missing is an error: a reference that stayed as it is would be sent as a password. Each look-up reads the file anew.
struct CredentialConfigProvider: ConfigProvider {
    /// The class, and the name under which a worker has it without naming a class.
    static let className = "native.CredentialConfigProvider"
    static let name = "credential"
    /// systemd's own limit for one credential.
    private static let limit = 1 << 20
    private static let variable = "CREDENTIALS_DIRECTORY"

    /// nil where systemd passed no credentials.
    private let folder: String?

    /// - Parameter environment: of the process.
    init(environment: [String: String]) {
        folder = environment[Self.variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// Whether this process is not the service that has them.
    var isElsewhere: Bool { folder == nil }

    func values(path: String, keys: Set<String>) throws(ConfigProviderError) -> [String: String] {
        guard path.isEmpty else {
            throw ConfigProviderError(
                "Path is not supported for CredentialConfigProvider, invalid value '\(path)': credentials have names alone, "
                    + "as in ${credential:NAME}; of a folder that was loaded as ID, the names are ID_FILE")
        }
        var result: [String: String] = [:]
        for key in keys.sorted() { result[key] = try value(of: key) }
        return result
    }

    private func value(of name: String) throws(ConfigProviderError) -> String {
        guard Self.isName(name) else {
            throw ConfigProviderError(
                "'\(name)' is no name of a credential: it is the name of a file, without a slash")
        }
        guard let folder else {
            throw ConfigProviderError(
                "There is no credential \(name): \(Self.variable) is not set, which systemd does for a unit with "
                    + "LoadCredential=\(name):/PATH")
        }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try FileContents.read("\(folder)/\(name)", limit: Self.limit, followsLinks: false)
        } catch {
            guard error.isMissing else {
                throw ConfigProviderError("The credential \(name) in \(folder) cannot be read: \(error.reason)")
            }
            throw ConfigProviderError(
                "There is no credential \(name) in \(folder): the unit needs LoadCredential=\(name):/PATH, and a restart"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw ConfigProviderError("The credential \(name) in \(folder) is not text in UTF-8")
        }
        return Self.withoutLineEnd(text)
    }

    /// A name in the folder and never a way out of it.
    private static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F }
    }

    private static func withoutLineEnd(_ text: String) -> String {
        guard text.utf8.last == UInt8(ascii: "\n") else { return text }
        let rest = text.utf8.dropLast()
        return String(rest.last == UInt8(ascii: "\r") ? rest.dropLast() : rest) ?? text
    }
}
