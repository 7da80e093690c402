// SPDX-License-Identifier: MIT

import Crypto
package import Foundation

/// The agency's keys that seal credentials: the first seals, all of them open.
///
/// Sealing is AES-256-GCM; what is sealed is bound to its place by the additional data, so that a row copied elsewhere does not open.
package struct SecretKeys: Sendable {
    private let keys: [String: SymmetricKey]
    /// The identity of the key that seals.
    package let currentID: String

    /// Reads keys from their configured text: one base64 text of 32 bytes, or several as `id:base64`, separated by commas or
    /// white space, the current one first.
    ///
    /// - Throws: `SecretError` that says which entry is wrong, never what it holds.
    package init(_ text: String) throws(SecretError) {
        var keys: [String: SymmetricKey] = [:]
        var first: String?
        let entries = text.split { $0 == "," || $0.isWhitespace }
        for (index, entry) in entries.enumerated() {
            let parts = entry.split(separator: ":", maxSplits: 1)
            let id = parts.count == 2 ? String(parts[0]) : "1"
            guard let material = parts.last, let bytes = Data(base64Encoded: String(material)), bytes.count == 32 else {
                throw SecretError(
                    "POSTHORN_SECRET_KEY: entry \(index + 1) is not 32 bytes in base64. Make one with: head -c 32 /dev/urandom | base64"
                )
            }
            guard keys.updateValue(SymmetricKey(data: bytes), forKey: id) == nil else {
                throw SecretError(
                    "POSTHORN_SECRET_KEY: two entries have the id '\(id)'. Give each its own, as id:base64.")
            }
            first = first ?? id
        }
        guard let first else {
            throw SecretError("POSTHORN_SECRET_KEY is empty. Make a key with: head -c 32 /dev/urandom | base64")
        }
        self.keys = keys
        self.currentID = first
    }

    /// Makes a new key as configuration text.
    package static func generate() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.base64EncodedString()
    }

    /// Seals under the current key.
    ///
    /// - Parameters:
    ///   - data: What is sealed.
    ///   - place: Where it will stand, say `client-key:<client>`.
    /// - Returns: What was sealed, and under which key.
    /// - Throws: `SecretError`.
    func seal(_ data: Data, place: String) throws(SecretError) -> Sealed {
        guard let key = self.keys[self.currentID] else {
            throw SecretError("the sealing key '\(self.currentID)' is not there")
        }
        return Sealed(keyID: self.currentID, bytes: try Sealing.seal(data, key: key, place: place))
    }

    /// Opens what one of the keys sealed.
    func open(_ sealed: Sealed, place: String) throws(SecretError) -> Data {
        guard let key = self.keys[sealed.keyID] else {
            throw SecretError(
                "credentials are sealed under the key '\(sealed.keyID)', which POSTHORN_SECRET_KEY does not have. Add it as id:base64."
            )
        }
        return try Sealing.open(sealed.bytes, key: key, place: place)
    }

    /// Signs with a key of its own for the purpose, derived from the current one.
    func sign(_ data: Data, purpose: String) -> Sealed {
        guard let key = self.derived(self.currentID, purpose) else { return Sealed(keyID: "", bytes: Data()) }
        return Sealed(keyID: self.currentID, bytes: Data(HMAC<SHA256>.authenticationCode(for: data, using: key)))
    }

    /// Whether one of the keys signed this for the purpose; takes the same time whatever differs.
    func verify(_ signature: Sealed, of data: Data, purpose: String) -> Bool {
        guard let key = self.derived(signature.keyID, purpose) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(signature.bytes, authenticating: data, using: key)
    }

    private func derived(_ id: String, _ purpose: String) -> SymmetricKey? {
        self.keys[id].map { key in
            HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Data(purpose.utf8), outputByteCount: 32)
        }
    }
}

/// Something sealed, and under which key.
package struct Sealed: Sendable, Hashable {
    /// The key's identity.
    package var keyID: String
    /// Nonce, ciphertext and tag.
    package var bytes: Data
}

/// Why something cannot be sealed or opened; says nothing of its content.
package struct SecretError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    package var description: String

    init(_ description: String) { self.description = description }
}

enum Sealing {
    static func seal(_ data: Data, key: SymmetricKey, place: String) throws(SecretError) -> Data {
        do {
            guard let combined = try AES.GCM.seal(data, using: key, authenticating: Data(place.utf8)).combined else {
                throw SecretError("sealing failed")
            }
            return combined
        } catch {
            throw SecretError("sealing failed")
        }
    }

    static func open(_ bytes: Data, key: SymmetricKey, place: String) throws(SecretError) -> Data {
        do {
            return try AES.GCM.open(AES.GCM.SealedBox(combined: bytes), using: key, authenticating: Data(place.utf8))
        } catch {
            throw SecretError(
                "sealed credentials do not open with this key: was POSTHORN_SECRET_KEY changed, or the row moved?")
        }
    }
}
