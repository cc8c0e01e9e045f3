import ConnectModel
import Crypto
import HTTPServer

/// The signature of a request between workers (KIP-507; Java: `InternalRequestSignature` and
/// `DistributedHerder.requestNotSignedProperly`): a code over the exact bytes of the body, with the cluster's session key.
struct RequestSignature: Equatable {
    static let signatureHeader = "X-Connect-Authorization"
    static let algorithmHeader = "X-Connect-Request-Signature-Algorithm"

    /// The message of a refusal that an honest worker may get too: one that knows no key yet, or whose request was handed on
    /// by a worker that no longer leads, without its signature.
    static let missing = "Internal request missing required signature"

    /// As the sender spelled it.
    let algorithmName: String
    let algorithm: MACAlgorithm
    let code: [UInt8]

    /// The signature that headers tell; nil where one of the two is missing.
    ///
    /// - Throws: 400 for an algorithm that does not exist and for a signature that is not Base64, whatever the cluster's
    ///   protocol.
    init?(_ headers: HTTPHeaders) throws(RESTError) {
        guard let name = Self.value(of: Self.algorithmHeader, headers),
            let text = Self.value(of: Self.signatureHeader, headers)
        else { return nil }
        guard let algorithm = MACAlgorithm(javaName: name) else {
            throw .badRequest("Algorithm \(name) not available")
        }
        guard let code = Base64.decode(text) else {
            throw .badRequest("The header \(Self.signatureHeader) is not Base64")
        }
        algorithmName = name
        self.algorithm = algorithm
        self.code = code
    }

    /// Refuses a request that the cluster's protocol wants signed and that is not signed as it should be.
    ///
    /// - Parameter algorithms: `inter.worker.verification.algorithms`; compared exactly, as Java does.
    static func check(
        _ request: HTTPRequest, in cluster: ClusterView, algorithms: [String]
    ) throws(RESTError) {
        let signature = try RequestSignature(request.headers)
        guard cluster.protocolVersion >= 2 else { return }
        guard let signature else { throw .badRequest(missing) }
        guard algorithms.contains(signature.algorithmName) else {
            throw .badRequest(
                "This worker does not support the '\(signature.algorithmName)' key signing algorithm used by other "
                    + "workers. This worker is currently configured to use: [\(algorithms.joined(separator: ", "))]. "
                    + "Check that all workers' configuration files permit the same set of signature algorithms, and "
                    + "correct any misconfigured worker and restart it.")
        }
        guard let key = cluster.sessionKey.flatMap(secret(of:)) else {
            throw RESTError(
                503,
                "This worker is still starting up and has not been able to read a session key from the config topic yet"
            )
        }
        guard let expected = try? HMAC.code(of: request.body, key: key, signature.algorithm),
            HMAC.areEqual(expected, signature.code)
        else { throw RESTError(403, "Internal request contained invalid signature.") }
    }

    /// The two headers that sign a body.
    ///
    /// - Parameter algorithm: `inter.worker.signature.algorithm`, sent as it is spelled.
    static func headers(
        signing body: [UInt8], key: SessionKey, algorithm: String
    ) throws(ConnectError) -> [(name: String, value: String)] {
        guard let mac = MACAlgorithm(javaName: algorithm) else {
            throw ConnectError(.configInvalid, "inter.worker.signature.algorithm: \(algorithm) is not available")
        }
        guard let secret = secret(of: key) else {
            throw ConnectError(.peerRetriable, "The cluster's session key is empty or not Base64")
        }
        do throws(CryptoError) {
            let code = try HMAC.code(of: body, key: secret, mac)
            return [(signatureHeader, Base64.encode(code)), (algorithmHeader, algorithm)]
        } catch {
            throw ConnectError(.workerFailed, "A request to another worker cannot be signed: \(error)")
        }
    }

    /// The bytes of a key; nil where nobody could have made it: with an empty one anybody could sign.
    private static func secret(of key: SessionKey) -> [UInt8]? {
        guard let bytes = Base64.decode(key.base64), !bytes.isEmpty else { return nil }
        return bytes
    }

    /// All values of a header as one, so that a second one cannot hide behind the first.
    private static func value(of name: String, _ headers: HTTPHeaders) -> String? {
        let values = headers.values(of: name)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}
