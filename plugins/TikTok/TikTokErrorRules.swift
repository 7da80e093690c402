// SPDX-License-Identifier: MIT

import PluginKit

/// One row of the tables that say what a refusal of TikTok means.
struct TikTokErrorRule: Sendable {
    /// What is to be done.
    enum Effect: Sendable, Hashable {
        /// A class of failure, whatever was called.
        case failure(PluginError.Code)
        /// The service failed: unknown for what creates, tried again for everything else.
        case service

        /// What to tell a person where a row says no more.
        var usualNextAction: String? {
            switch self {
            case .failure(let code): code.usualNextAction
            case .service: PluginError.Code.retryAfter.usualNextAction
            }
        }
    }

    /// The values of `error.code`, `error` or `fail_reason`.
    var codes: [String]
    var effect: Effect
    /// What is limited or stopped.
    var scope: PluginError.Scope
    /// How long to wait, where the documents let one know.
    var pause: Duration?
    /// How long the first pause is where the documents say only that it grows.
    var firstPause: Duration?
    /// The part of a post that is refused.
    var field: String?
    /// What it means, for a person.
    var meaning: String
    /// What a person does about it.
    var nextAction: String?

    init(
        _ codes: [String], _ effect: Effect, _ meaning: String, _ nextAction: String? = nil,
        scope: PluginError.Scope = .account, pause: Duration? = nil, firstPause: Duration? = nil, field: String? = nil
    ) {
        self.firstPause = firstPause
        self.codes = codes
        self.effect = effect
        self.scope = scope
        self.pause = pause
        self.field = field
        self.meaning = meaning
        self.nextAction = nextAction ?? effect.usualNextAction
    }

    /// The row for an answer without a code that is known.
    static func rule(forStatus status: Int) -> TikTokErrorRule {
        switch status {
        case 401: TikTokErrorRule([], .failure(.reauthorize), "TikTok does not accept the token", Self.reconnect)
        case 429: Self.tooFrequent
        case 500...: TikTokErrorRule([], .service, "TikTok has a problem (\(status))")
        // Neither success nor refusal: somebody else answered, or the answer broke off.
        case ..<400 where status != 200: TikTokErrorRule([], .service, "TikTok answered \(status)")
        case 200: TikTokErrorRule([], .service, "TikTok answered without saying whether it succeeded")
        default:
            TikTokErrorRule(
                [], .failure(.permanent), "TikTok refused (\(status))", "Read what TikTok says, then plan it again.")
        }
    }

    static let reconnect = "Connect the account again when renewing its token fails."
    /// Caps are counted over a day and no time is said: the account asks again every hour, and goes on by itself.
    static let capPause = Duration.seconds(3600)

    private static let tooFrequent = TikTokErrorRule(
        ["rate_limit_exceeded"], .failure(.rateLimited), "Too many calls in a minute", scope: .endpoint,
        pause: .seconds(60))
    private static let tooManyPosts = TikTokErrorRule(
        ["spam_risk_too_many_posts"], .failure(.rateLimited), "The creator has used up the posts of a day",
        "It goes on by itself as soon as TikTok takes posts again.", scope: .endpoint, pause: capPause)
    private static let banned = TikTokErrorRule(
        ["spam_risk_user_banned_from_posting"], .failure(.needsHuman), "TikTok has banned the creator from posting",
        "Settle it in the TikTok app, then resume the account.")

    /// What `error.code` says, of calls and of the token endpoint.
    static let table: [TikTokErrorRule] = [
        tooFrequent, tooManyPosts, banned,
        TikTokErrorRule(
            ["invalid_param", "invalid_params"], .failure(.permanent), "TikTok does not take the request",
            "Correct what TikTok names and plan the post again."),
        TikTokErrorRule(
            ["invalid_publish_id"], .failure(.permanent), "TikTok does not know the post any more",
            "Look in the TikTok app: plan the post again only if it is not there."),
        TikTokErrorRule(
            ["token_not_authorized_for_specified_publish_id"], .failure(.permanent),
            "The post was sent with another creator's token",
            "Connect the account that it was sent for, or plan it again for this one."),
        TikTokErrorRule(
            ["publish_not_cancellable"], .failure(.permanent), "The post cannot be cancelled any more",
            "Delete it in the TikTok app once it is there."),
        TikTokErrorRule(
            ["app_version_check_failed"], .failure(.permanent), "The creator's TikTok app is too old",
            "Ask the creator to update the TikTok app."),
        TikTokErrorRule(
            ["access_token_invalid"], .failure(.reauthorize), "TikTok does not accept the token", reconnect),
        TikTokErrorRule(
            ["scope_not_authorized", "scope_permission_missed"], .failure(.needsHuman), "The token lacks a scope",
            "Connect the account again with all scopes that Posthorn asks for."),
        TikTokErrorRule(
            ["spam_risk_too_many_pending_share"], .failure(.rateLimited), "The creator has too many unfinished drafts",
            "Finish or discard the drafts in the TikTok app, or wait a day.", scope: .endpoint, pause: capPause),
        TikTokErrorRule(
            ["spam_risk"], .failure(.needsHuman), "TikTok takes it for spam",
            "Look at the account in the TikTok app, then resume the account."),
        TikTokErrorRule(
            ["reached_active_user_cap"], .failure(.rateLimited), "The app has reached its creators of a day",
            "Ask TikTok for a larger quota of the app; it goes on by itself within a day.", scope: .app,
            pause: capPause),
        TikTokErrorRule(
            ["unaudited_client_can_only_post_to_private_accounts"], .failure(.needsHuman),
            "TikTok has not audited the app: it may post to private accounts alone",
            "Have the app audited at developers.tiktok.com, then: posthorn app resume.", scope: .app),
        TikTokErrorRule(
            ["url_ownership_unverified"], .failure(.permanent), "TikTok does not fetch from this address",
            "Verify the address of POSTHORN_PUBLIC_URL as a URL property of the app at developers.tiktok.com, then retry.",
            field: "media"),
        TikTokErrorRule(
            ["privacy_level_option_mismatch"], .failure(.permanent), "The creator cannot choose this privacy level",
            "Set another privacy_level; TikTok's app shows which the account may choose.",
            field: "settings.\(TikTokSettings.privacy)"),
        TikTokErrorRule(["internal_error"], .service, "TikTok has a problem"),
        TikTokErrorRule(
            ["invalid_grant"], .failure(.reauthorize), "TikTok no longer accepts the grant",
            "Connect the account again: TikTok no longer accepts its refresh token."),
        TikTokErrorRule(
            ["invalid_client"], .failure(.permanent), "TikTok does not know the app, or its secret is wrong",
            "Check the client key and secret of the TikTok app.", scope: .app),
        TikTokErrorRule(
            ["invalid_request"], .failure(.permanent), "TikTok does not take the request for a token",
            "Check the client key, the redirect address and the scopes of the TikTok app.", scope: .app),
    ]

    private static let film = "Use MP4, MOV or WebM with H.264, H.265, VP8 or VP9, or for photos JPEG or WebP."

    /// What `fail_reason` says of a post that is known not to exist.
    static let failReasons: [TikTokErrorRule] = [
        tooManyPosts, banned,
        TikTokErrorRule(
            ["file_format_check_failed"], .failure(.permanent), "The file's format is not taken", film, field: "media"),
        TikTokErrorRule(
            ["duration_check_failed"], .failure(.permanent), "The film is too long for this creator, or too short",
            "Shorten the film; many creators may post three minutes.", field: "media"),
        TikTokErrorRule(
            ["frame_rate_check_failed"], .failure(.permanent), "The film's frame rate is not taken",
            "Use 23 to 60 frames a second.", field: "media"),
        TikTokErrorRule(
            ["picture_size_check_failed"], .failure(.permanent), "The picture's sides are not taken",
            "Use 360 to 4,096 pixels for films and at most 1080p for photos.", field: "media"),
        TikTokErrorRule(["internal"], .failure(.retryAfter), "TikTok had a problem"),
        TikTokErrorRule(
            ["video_pull_failed", "photo_pull_failed"], .failure(.retryAfter), "TikTok could not fetch the file",
            "Check from outside that POSTHORN_PUBLIC_URL is reachable and answers without a redirect.", field: "media"),
        TikTokErrorRule(
            ["publish_cancelled"], .failure(.permanent), "The post was cancelled",
            "Plan the post again if it is still wanted."),
        TikTokErrorRule(
            ["auth_removed"], .failure(.reauthorize), "The creator has withdrawn the app's access",
            "Connect the account again."),
        TikTokErrorRule(
            ["spam_risk_text"], .failure(.needsHuman), "TikTok takes the text for spam",
            "Change the text, or look at the account in the TikTok app.", field: "text"),
        TikTokErrorRule(
            ["spam_risk"], .failure(.needsHuman), "TikTok takes the post for spam",
            "Look at the account in the TikTok app, then resume the account."),
    ]

    /// What became of a post that failed.
    static func failure(_ reason: String?) -> PluginError {
        let known = reason.flatMap { reason in Self.failReasons.first { $0.codes.contains(reason) } }
        let rule =
            known
            ?? TikTokErrorRule(
                [], .failure(.permanent), "TikTok could not publish it", "Read what TikTok says, then plan it again.")
        let failure = TikTokFailure(endpoint: TikTokEndpoint.publish, hidden: [])
        var error = failure.error(rule, said: known == nil ? reason : nil)
        error.platformCode = reason
        return error
    }
}
