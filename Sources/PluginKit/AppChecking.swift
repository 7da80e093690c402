// SPDX-License-Identifier: MIT

/// What a platform wants of the agency's registration with it, its app.
public struct AppTerms: Sendable, Hashable, Codable {
    /// Whether nobody is connected, and no token renewed, without the app's secret.
    public var needsSecret: Bool
    /// What an app cannot do that the platform has not looked at, in words after `it`: `posts to private accounts alone`.
    ///
    /// `nil` when the documents name nothing that depends on it.
    public var unaudited: String?

    /// Makes a description; no secret is needed unless said.
    public init(needsSecret: Bool = false, unaudited: String? = nil) {
        self.needsSecret = needsSecret
        self.unaudited = unaudited
    }
}

/// What a platform says of an app that asks in its own name.
public struct AppReport: Sendable, Hashable {
    /// Whether it accepts the identity with the secret.
    public var isAccepted: Bool
    /// The identity that it names; `nil` when it named none.
    public var id: String?
    /// The app's name there, when it said.
    public var name: String?
    /// Why it does not accept the app, in the platform's words, without secrets.
    public var refusal: String?

    /// Makes a report.
    public init(isAccepted: Bool, id: String? = nil, name: String? = nil, refusal: String? = nil) {
        self.isAccepted = isAccepted
        self.id = id
        self.name = name
        self.refusal = refusal
    }
}

/// A plugin whose platform says whether it knows an app, without anybody's account.
///
/// Only what the platform's documents describe is asked: an app that cannot be asked about is not guessed at.
public protocol AppChecking: PlatformPlugin {
    /// Asks the platform about an app with the app's own secret; one that it does not accept is a report, not an error.
    ///
    /// - Parameter app: The app, with its secret.
    /// - Returns: What the platform says; `nil` when there is no such call for the login that the app is registered for.
    /// - Throws: The class of the failure of the question itself, `retryAfter` without an answer.
    func report(on app: AppCredential) async throws(PluginError) -> AppReport?
}
