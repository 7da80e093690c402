// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import PluginKit

/// Reads a credential file: one JSON object with the fields that the platform's manifest lists.
package enum CredentialFile {
    /// Reads a file that holds a bare token, or a credential as ``read(_:for:)`` takes it.
    ///
    /// - Throws: `ServiceError` with code `invalid`; it says nothing of what the file holds.
    package static func readToken(_ data: Data, for manifest: PluginManifest) throws(ServiceError) -> TokenSet {
        let text = String(decoding: data, as: UTF8.self).trimmed
        if text.hasPrefix("{") { return try Self.read(data, for: manifest) }
        guard !text.isEmpty, !text.contains(where: \.isWhitespace) else {
            throw ServiceError(.invalid, "the token file must hold one token and nothing else, or a credential as JSON")
        }
        return TokenSet(accessToken: Secret(text))
    }

    /// Reads and checks a file.
    ///
    /// - Parameters:
    ///   - data: The file.
    ///   - manifest: The platform.
    /// - Returns: The tokens.
    /// - Throws: `ServiceError` with code `invalid`; it names fields, never values.
    package static func read(_ data: Data, for manifest: PluginManifest) throws(ServiceError) -> TokenSet {
        let template = "See: posthorn plugin info \(manifest.id) --credential-template"
        let values: [String: String]
        do {
            values = try JSONDecoder().decode([String: String?].self, from: data).compactMapValues { $0 }
        } catch {
            throw ServiceError(
                .invalid, "the credential is no JSON object of texts, as in {\"access_token\": \"…\"}. \(template)")
        }
        let known = manifest.credentialFields
        for name in values.keys.sorted() where !known.contains(where: { $0.name == name }) {
            let names = known.map(\.name)
            throw ServiceError(
                .invalid,
                "the credential has a field '\(name)' that \(manifest.name) does not know.\(NearestName.hint(name, in: names)) \(template)"
            )
        }
        for field in known where field.isRequired && (values[field.name] ?? "").isEmpty {
            throw ServiceError(.invalid, "the credential lacks '\(field.name)': \(field.help). \(template)")
        }
        guard let token = values["access_token"] else {
            throw ServiceError(.invalid, "the credential lacks 'access_token'. \(template)")
        }
        var tokens = TokenSet(accessToken: Secret(token.trimmed))
        for (name, value) in values where !value.isEmpty {
            switch name {
            case "access_token": break
            case "refresh_token": tokens.refreshToken = Secret(value.trimmed)
            case "scope": tokens.scopes = value.split { $0 == " " || $0 == "," }.map(String.init)
            case "expires_at":
                do {
                    tokens.expiresAt = try Date(iso8601: value)
                } catch {
                    throw ServiceError(.invalid, "the credential's 'expires_at': \(error.message)")
                }
            default: tokens.extra[name] = Secret(value)
            }
        }
        return tokens
    }
}
