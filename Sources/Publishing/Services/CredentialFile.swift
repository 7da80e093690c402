// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import PluginKit

/// Reads a credential file: one JSON object with the fields that the platform's manifest lists.
package enum CredentialFile {
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
