// SPDX-License-Identifier: MIT

extension TokenSet {
    /// Removes every secret of the set from a text that comes from outside, and shortens it, so that it may be shown and logged.
    ///
    /// - Parameters:
    ///   - text: What a platform said.
    ///   - app: The app whose secret is removed too.
    /// - Returns: At most 300 characters with `<secret>` in place of each secret.
    public func redact(_ text: String, app: AppCredential? = nil) -> String {
        PluginError.redact(text, self.secrets + [app?.secret].compactMap(\.self))
    }

    /// Every secret of the set.
    public var secrets: [Secret] { [self.accessToken, self.refreshToken].compactMap(\.self) + self.extra.values }
}

extension AccountAccess {
    /// What must not be repeated in messages: the tokens and the app's secret.
    public var secrets: [Secret] { self.tokens.secrets + [self.app?.secret].compactMap(\.self) }
}

extension PluginError {
    /// Removes secrets from a text that comes from outside, and shortens it to 300 characters.
    public static func redact(_ text: String, _ secrets: [Secret]) -> String {
        var out = text
        for secret in secrets where secret.revealed.utf8.count >= 4 {
            out = out.replacing(secret.revealed, with: "<secret>")
            let encoded = FormEncoding.encode(secret.revealed)
            if encoded != secret.revealed { out = out.replacing(encoded, with: "<secret>") }
        }
        return out.count > 300 ? "\(out.prefix(299))…" : out
    }
}
