// SPDX-License-Identifier: MIT

import PluginKit

/// One row of the table that says what a refusal of X means; the first row that fits decides.
struct XErrorRule: Sendable {
    /// The status of the answer.
    var status: Int
    /// What the answer must contain; every condition that is given must hold.
    var match: Match
    var code: PluginError.Code
    var scope: PluginError.Scope = .account
    var nextAction: String?

    /// How a row recognises an answer.
    enum Match: Sendable {
        /// Any answer of this status.
        case any
        /// The last component of the problem's `type`, or the OAuth `error`.
        case problem(String)
        /// The number of the older error shape.
        case number(Int)
        /// Words in the title or the detail, in lower case.
        case words(String)
    }

    static let table: [XErrorRule] = [
        XErrorRule(
            status: 400, match: .problem("invalid_grant"), code: .reauthorize,
            nextAction: "Connect the account again: X no longer accepts its refresh token."),
        XErrorRule(
            status: 400, match: .problem("invalid_client"), code: .needsHuman, scope: .app,
            nextAction: "Check the client id and secret of the X app."),
        XErrorRule(status: 400, match: .number(187), code: .duplicate),
        XErrorRule(
            status: 400, match: .any, code: .permanent, nextAction: "Correct what X names and plan the post again."),
        XErrorRule(
            status: 401, match: .problem("invalid_client"), code: .needsHuman, scope: .app,
            nextAction: "Check the client id and secret of the X app."),
        XErrorRule(
            status: 401, match: .problem("unauthorized_client"), code: .needsHuman, scope: .app,
            nextAction: "Check the client id and secret of the X app."),
        XErrorRule(
            status: 401, match: .any, code: .reauthorize,
            nextAction: "Connect the account again when renewing its token fails."),
        XErrorRule(
            status: 402, match: .any, code: .needsHuman, scope: .app,
            nextAction: "Buy credits for the app in the X developer console, then resume the app."),
        XErrorRule(status: 403, match: .number(187), code: .duplicate),
        XErrorRule(status: 403, match: .words("duplicate content"), code: .duplicate),
        XErrorRule(
            status: 403, match: .problem("usage-capped"), code: .needsHuman, scope: .app,
            nextAction:
                "The app has used up its plan at X: raise the plan or wait for the next period, then resume the app."),
        XErrorRule(
            status: 403, match: .problem("client-forbidden"), code: .needsHuman, scope: .app,
            nextAction: "Give the app the access level that this endpoint needs in the X developer console."),
        XErrorRule(
            status: 403, match: .problem("oauth1-permissions"), code: .needsHuman, scope: .app,
            nextAction:
                "Give the app read and write permission in the X developer console and connect its accounts again."),
        XErrorRule(
            status: 403, match: .problem("unsupported-authentication"), code: .permanent,
            nextAction: "This needs a user's token: connect the account with OAuth 2.0."),
        XErrorRule(
            status: 403, match: .problem("user-suspended"), code: .needsHuman,
            nextAction: "X has suspended the account: settle it there, then resume the account."),
        XErrorRule(
            status: 403, match: .number(64), code: .needsHuman,
            nextAction: "X has suspended the account: settle it there, then resume the account."),
        XErrorRule(
            status: 403, match: .number(326), code: .needsHuman,
            nextAction: "X has locked the account: log in at x.com to unlock it, then resume the account."),
        XErrorRule(
            status: 403, match: .words("temporarily locked"), code: .needsHuman,
            nextAction: "X has locked the account: log in at x.com to unlock it, then resume the account."),
        XErrorRule(
            status: 403, match: .words("suspended"), code: .needsHuman,
            nextAction: "X has suspended the account: settle it there, then resume the account."),
        XErrorRule(
            status: 403, match: .words("reply to this conversation is not allowed"), code: .permanent,
            nextAction: "X lets an app reply only where the author has mentioned the account."),
        XErrorRule(
            status: 403, match: .words("not been mentioned or otherwise engaged"), code: .permanent,
            nextAction: "X lets an app reply only where the author has mentioned the account."),
        XErrorRule(
            status: 403, match: .words("mentioned or engaged"), code: .permanent,
            nextAction: "X lets an app reply only where the author has mentioned the account."),
        XErrorRule(
            status: 403, match: .number(186), code: .permanent, nextAction: "Shorten the text and plan the post again."),
        XErrorRule(
            status: 403, match: .words("longer"), code: .permanent, nextAction: "Shorten the post and plan it again."),
        XErrorRule(
            status: 403, match: .words("too long"), code: .permanent, nextAction: "Shorten the post and plan it again."),
        XErrorRule(
            status: 403, match: .words("cashtag"), code: .permanent,
            nextAction: "Leave one cashtag and plan the post again."),
        XErrorRule(
            status: 403, match: .words("not permitted to perform this action"), code: .needsHuman,
            nextAction: "Connect the account again with all scopes, and check the app's permissions at X."),
        XErrorRule(
            status: 403, match: .words("scope"), code: .needsHuman,
            nextAction: "Connect the account again with all scopes that Posthorn asks for."),
        XErrorRule(
            status: 403, match: .any, code: .permanent,
            nextAction: "Read what X says, change the post and plan it again."),
        XErrorRule(status: 404, match: .any, code: .permanent),
        XErrorRule(status: 409, match: .any, code: .permanent),
        XErrorRule(
            status: 413, match: .any, code: .permanent, nextAction: "Make the file smaller and plan the post again."),
        XErrorRule(status: 415, match: .any, code: .permanent),
        XErrorRule(status: 422, match: .any, code: .permanent),
    ]
}
