// SPDX-License-Identifier: MIT

import PluginKit

/// One row of the table that says what a refusal of X means; the first row that fits decides.
struct XErrorRule: Sendable {
    /// What is to be done.
    enum Effect: Sendable, Hashable {
        /// A class of failure, whatever was called.
        case failure(PluginError.Code)
        /// A limit: it ends when the headers say, and is of what they name.
        case limit
        /// A limit when the headers say when it ends; else it needs a person.
        case limitOrPerson
        /// The service failed: unknown for what creates, tried again for everything else.
        case service

        /// What to tell a person where a row says no more.
        var usualNextAction: String? {
            switch self {
            case .failure(let code): code.usualNextAction
            case .limit, .limitOrPerson: PluginError.Code.rateLimited.usualNextAction
            case .service: PluginError.Code.retryAfter.usualNextAction
            }
        }
    }

    /// How a row recognises an answer.
    enum Match: Sendable, Hashable {
        /// Any answer of this status.
        case any
        /// The last component of the problem's `type`, or the OAuth `error`.
        case problem(String)
        /// The number of the older error shape.
        case number(Int)
        /// Words in the title or the detail, in lower case.
        case words(String)
    }

    /// The statuses of the answer.
    var statuses: ClosedRange<Int>
    /// What the answer must contain.
    var match: Match
    var effect: Effect
    /// What it means, for a person.
    var meaning: String
    /// What a person does about it.
    var nextAction: String?
    /// What is limited or stopped.
    var scope: PluginError.Scope

    init(
        _ statuses: ClosedRange<Int>, _ match: Match, _ effect: Effect, _ meaning: String,
        _ nextAction: String? = nil, scope: PluginError.Scope = .account
    ) {
        self.statuses = statuses
        self.match = match
        self.effect = effect
        self.meaning = meaning
        self.nextAction = nextAction ?? effect.usualNextAction
        self.scope = scope
    }

    init(
        _ status: Int, _ match: Match, _ code: PluginError.Code, _ meaning: String, _ nextAction: String? = nil,
        scope: PluginError.Scope = .account
    ) {
        self.init(status...status, match, .failure(code), meaning, nextAction, scope: scope)
    }

    /// The row for an answer.
    static func rule(_ status: Int, _ problem: XProblem) -> XErrorRule {
        self.table.first { $0.statuses.contains(status) && problem.fits($0.match) } ?? self.strange
    }

    /// Neither a success nor a refusal that is known: somebody else answered, or the answer broke off.
    private static let strange = XErrorRule(100...599, .any, .service, "X gave an answer that is not known")

    /// What the refusals of X mean, from its documents of November 2026.
    static let table: [XErrorRule] = limits + tokens + app + account + content + service

    private static let replan = "Change the post and plan it again."
    private static let checkApp = "Check the client id and secret of the X app, then: posthorn app resume."
    private static let unlock = "Log in at x.com to unlock the account, then resume it."
    private static let settle = "Settle it at x.com, then resume the account."
    private static let reconnect = "Connect the account again with all scopes that Posthorn asks for."
    private static let summoned =
        "X lets most apps reply only where the author has mentioned or quoted the account: answer by hand."

    /// Too many calls.
    private static let limits: [XErrorRule] = [
        XErrorRule(429...429, .any, .limit, "Too many calls", scope: .endpoint),
        XErrorRule(400...403, .number(88), .limit, "Too many calls", scope: .endpoint),
        XErrorRule(
            403...403, .problem("usage-capped"), .limitOrPerson, "The app has used up what its plan allows",
            "Raise the plan in the X developer console or wait for the next period, then: posthorn app resume.",
            scope: .app),
    ]

    /// The token.
    private static let tokens: [XErrorRule] = [
        XErrorRule(
            400, .problem("invalid_grant"), .reauthorize, "X no longer accepts the grant",
            "Connect the account again: X no longer accepts its refresh token."),
        XErrorRule(
            400, .problem("invalid_client"), .needsHuman, "X does not know the app, or its secret is wrong", checkApp,
            scope: .app),
        XErrorRule(
            401, .problem("invalid_client"), .needsHuman, "X does not know the app, or its secret is wrong", checkApp,
            scope: .app),
        XErrorRule(
            401, .problem("unauthorized_client"), .needsHuman, "The app may not do this, or its secret is wrong",
            checkApp, scope: .app),
        XErrorRule(
            401, .any, .reauthorize, "X does not accept the token",
            "Connect the account again when renewing its token fails."),
        XErrorRule(
            403, .problem("unsupported-authentication"), .permanent, "This takes another kind of token",
            "Connect the account with OAuth 2.0 as a user."),
    ]

    /// What only the operator of the app can settle.
    private static let app: [XErrorRule] = [
        XErrorRule(
            402, .any, .needsHuman, "The app has no credits left",
            "Buy credits for the app in the X developer console, then: posthorn app resume.", scope: .app),
        XErrorRule(
            403, .problem("client-forbidden"), .needsHuman, "The app lacks access to this",
            "Give the app the access level that this needs in the X developer console, then: posthorn app resume.",
            scope: .app),
        XErrorRule(
            403, .problem("oauth1-permissions"), .needsHuman, "The app may only read",
            "Give the app read and write permission in the X developer console, connect its accounts again, then: posthorn app resume.",
            scope: .app),
    ]

    /// What only the owner of the account can settle.
    private static let account: [XErrorRule] = [
        XErrorRule(403, .problem("user-suspended"), .needsHuman, "X has suspended the account", settle),
        XErrorRule(403, .number(64), .needsHuman, "X has suspended the account", settle),
        XErrorRule(403, .number(326), .needsHuman, "X has locked the account", unlock),
        XErrorRule(403, .words("temporarily locked"), .needsHuman, "X has locked the account", unlock),
        XErrorRule(403, .words("account is suspended"), .needsHuman, "X has suspended the account", settle),
    ]

    /// What is wrong with the post.
    private static let content: [XErrorRule] = [
        XErrorRule(400, .number(187), .duplicate, "The account has posted the same before"),
        XErrorRule(403, .number(187), .duplicate, "The account has posted the same before"),
        XErrorRule(403, .words("duplicate content"), .duplicate, "The account has posted the same before"),
        XErrorRule(
            403, .words("reply to this conversation is not allowed"), .permanent,
            "The account may not reply in this conversation", summoned),
        XErrorRule(
            403, .words("not been mentioned or otherwise engaged"), .permanent,
            "The account may not reply in this conversation", summoned),
        XErrorRule(
            403, .words("mentioned or engaged"), .permanent, "The account may not reply in this conversation", summoned),
        XErrorRule(403, .number(186), .permanent, "The text is too long", "Shorten the text and plan the post again."),
        XErrorRule(
            403, .words("text is too long"), .permanent, "The text is too long",
            "Shorten the text and plan the post again."),
        XErrorRule(
            403, .words("longer than"), .permanent, "The film is too long",
            "Shorten the film to 140 seconds and plan the post again."),
        XErrorRule(
            403, .words("cashtag"), .permanent, "The text has more than one cashtag",
            "Leave one cashtag ($ABC) and plan the post again."),
        XErrorRule(
            403, .words("not permitted to perform this action"), .needsHuman, "The token or the app lacks a permission",
            "\(reconnect) Check the app's permissions at X too."),
        XErrorRule(403, .words("scope"), .needsHuman, "The token lacks a scope", reconnect),
        XErrorRule(403, .any, .permanent, "X refuses this", "Read what X says, change the post and plan it again."),
        XErrorRule(
            400, .any, .permanent, "X does not take the request", "Correct what X names and plan the post again."),
        XErrorRule(404, .any, .permanent, "X does not have it", "Check that it still exists at x.com."),
        XErrorRule(409, .any, .permanent, "It contradicts what X has already", replan),
        XErrorRule(413, .any, .permanent, "The file is too large", "Make the file smaller and plan the post again."),
        XErrorRule(415, .any, .permanent, "X does not take this type of file", replan),
        XErrorRule(422, .any, .permanent, "X does not take the request", replan),
    ]

    /// What passes by itself.
    private static let service: [XErrorRule] = [
        XErrorRule(500...599, .any, .service, "X has a problem"),
        XErrorRule(408...408, .any, .service, "X waited too long for the request"),
    ]
}
