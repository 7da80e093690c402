// SPDX-License-Identifier: MIT

public import Foundation
public import PluginKit

/// What an author gives the conformance suite: the platform's answers, as recorded or from its documents.
public struct ConformanceFixtures: Sendable {
    /// Who acts.
    ///
    /// Its tokens must be long, distinctive texts: the suite looks for them in errors.
    public var access: AccountAccess
    /// The instant of the world.
    public var now: Date
    /// Posts of different formats and every call that publishing them takes.
    public var publishes: [PublishFixture]
    /// Boosts and every call that starting them takes.
    public var boosts: [BoostFixture]
    /// How the platform refuses.
    public var answers: PlatformAnswers
    /// How the platform lists posts, when the plugin reconciles.
    public var find: FindFixture?
    /// How the platform renews tokens, when the plugin connects.
    public var refresh: RefreshFixture?
    /// How the platform says whether it knows an app, when the plugin asks.
    public var app: AppFixture?

    /// Makes fixtures.
    public init(
        access: AccountAccess, now: Date, publishes: [PublishFixture], boosts: [BoostFixture] = [],
        answers: PlatformAnswers,
        find: FindFixture? = nil, refresh: RefreshFixture? = nil, app: AppFixture? = nil
    ) {
        self.access = access
        self.now = now
        self.publishes = publishes
        self.boosts = boosts
        self.answers = answers
        self.find = find
        self.refresh = refresh
        self.app = app
    }
}

/// A post and every call that publishing it takes.
public struct PublishFixture: Sendable {
    /// A name for messages.
    public var name: String
    /// What is published.
    public var content: PostContent
    /// The calls, with those marked that make something visible.
    public var exchanges: [ScriptedExchange]

    /// Makes a fixture.
    public init(_ name: String, _ content: PostContent, _ exchanges: [ScriptedExchange]) {
        self.name = name
        self.content = content
        self.exchanges = exchanges
    }
}

/// A boost and every call that starting it takes.
public struct BoostFixture: Sendable {
    /// A name for messages.
    public var name: String
    /// What is started; its access is replaced by that of the fixtures.
    public var request: BoostRequest
    /// The calls, with the one marked that lets money be spent.
    public var exchanges: [ScriptedExchange]

    /// Makes a fixture.
    public init(_ name: String, _ request: BoostRequest, _ exchanges: [ScriptedExchange]) {
        self.name = name
        self.request = request
        self.exchanges = exchanges
    }
}

/// How the platform refuses.
public struct PlatformAnswers: Sendable {
    /// To an access token that it does not accept.
    public var unauthorized: HTTPReply
    /// To too many calls, with headers that say when to go on.
    public var limited: HTTPReply
    /// The pause that ``limited`` asks for.
    public var limitedPause: ClosedRange<Duration>
    /// To too many calls, without saying when to go on.
    public var limitedUnsaid: HTTPReply
    /// When it fails itself: 500, 502, 503, 504.
    public var failures: [HTTPReply]
    /// To content that it refuses, with these words in its message.
    public var refusal: @Sendable (_ words: String) -> HTTPReply

    /// Makes answers.
    public init(
        unauthorized: HTTPReply, limited: HTTPReply, limitedPause: ClosedRange<Duration>, limitedUnsaid: HTTPReply,
        failures: [HTTPReply], refusal: @escaping @Sendable (_ words: String) -> HTTPReply
    ) {
        self.unauthorized = unauthorized
        self.limited = limited
        self.limitedPause = limitedPause
        self.limitedUnsaid = limitedUnsaid
        self.failures = failures
        self.refusal = refusal
    }
}

/// A post in the platform's list.
public struct ListedPost: Sendable {
    /// The platform's identity.
    public var id: String
    /// The words.
    public var text: String
    /// When it appeared.
    public var createdAt: Date

    /// Makes a post of a list.
    public init(id: String, text: String, createdAt: Date) {
        self.id = id
        self.text = text
        self.createdAt = createdAt
    }
}

/// How the platform lists posts.
public struct FindFixture: Sendable {
    /// What was sent: one part, without files.
    public var content: PostContent
    /// The calls that read a list, newest first.
    public var listing: @Sendable ([ListedPost]) -> [ScriptedExchange]

    /// Makes a fixture.
    public init(_ content: PostContent, listing: @escaping @Sendable ([ListedPost]) -> [ScriptedExchange]) {
        self.content = content
        self.listing = listing
    }
}

/// How the platform renews tokens.
public struct RefreshFixture: Sendable {
    /// The app.
    public var app: AppCredential
    /// The call and its success.
    public var exchange: ScriptedExchange
    /// The answer to a refresh token that is used up.
    public var refused: HTTPReply

    /// Makes a fixture.
    public init(app: AppCredential, exchange: ScriptedExchange, refused: HTTPReply) {
        self.app = app
        self.exchange = exchange
        self.refused = refused
    }
}

/// How the platform says whether it knows an app.
public struct AppFixture: Sendable {
    /// The app; its secret must be a long, distinctive text.
    public var app: AppCredential
    /// The call and its success.
    public var exchange: ScriptedExchange
    /// The answer to an app whose identity or secret is wrong, with these words in its message.
    public var refused: @Sendable (_ words: String) -> HTTPReply

    /// Makes a fixture.
    public init(
        app: AppCredential, exchange: ScriptedExchange, refused: @escaping @Sendable (_ words: String) -> HTTPReply
    ) {
        self.app = app
        self.exchange = exchange
        self.refused = refused
    }
}
