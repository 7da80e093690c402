// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// A test's platform that is never asked to publish or to let a person connect: who does it all the same is refused.
protocol UnaskedPlugin: PlatformPlugin {}

extension UnaskedPlugin {
    func validate(_ content: PostContent) -> [ValidationIssue] { [] }

    func publish(_ request: PublishRequest, _ context: any EffectContext) async throws(PluginError) -> PublishOutcome {
        throw PluginError(.unsupported, "not in these tests")
    }

    func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL { throw PluginError(.unsupported, "not in these tests") }

    func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet { throw PluginError(.unsupported, "not in these tests") }

    func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet { tokens }
}
