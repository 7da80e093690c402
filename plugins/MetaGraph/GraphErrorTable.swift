// SPDX-License-Identifier: MIT

import PluginKit

extension GraphErrorRule {
    /// What the refusals of Graph mean, from the documents of November 2026.
    static let table: [GraphErrorRule] = limits + access + people + content + service + instagram + promotion

    private static let again = "Connect the account again."
    private static let replan = "Change the post and plan it again."

    /// Too many calls.
    private static let limits: [GraphErrorRule] = [
        GraphErrorRule(
            [4...4], [2_207_051], .failure(.needsHuman), "Instagram took the action for spam", spam,
            pause: rest),
        GraphErrorRule([4...4], .limit, "The app has used up its calls", scope: .app),
        GraphErrorRule([17...17], [2_446_079], .limit, "The ad account has used up its calls"),
        GraphErrorRule([17...17], .limit, "The user has used up its calls"),
        GraphErrorRule([32...32], .limit, "The Page has used up its calls"),
        GraphErrorRule([341...341], .limit, "The app is limited for a while", scope: .app),
        GraphErrorRule(
            [613...613], [1_487_632], .limit, "The ad set's budget was changed more than four times in an hour",
            pause: .seconds(3600)),
        GraphErrorRule(
            [613...613], [1_487_742, 5_044_001], .limit, "The ad account has used up its calls"),
        GraphErrorRule([613...613], [1996], .limit, "Meta finds the number of calls unusual"),
        GraphErrorRule([613...613], .limit, "A limit of Meta's own is used up"),
        GraphErrorRule(
            [80_000...80_006, 80_008...80_009, 80_014...80_014], .limit,
            "The account has used up its calls of this kind"),
        GraphErrorRule(
            [9...9], [2_207_042], .limit, "Instagram takes no more posts of the account for now",
            fullDay, scope: .endpoint, pause: .seconds(3600)),
        GraphErrorRule(
            [], [2_207_042], .limit, "Instagram takes no more posts of the account for now", fullDay, scope: .endpoint,
            pause: .seconds(3600)),
        GraphErrorRule([9...9], .limit, "The account has used up what it may do for now", pause: .seconds(3600)),
    ]

    private static let fullDay = "It goes on by itself: the limit is over the last 24 hours."
    private static let spam =
        "Look at the account in the app, wait some hours, then resume it: posthorn account resume."
    /// "Pause for hours", say the documents, and no number (?): a resumption before that waits until then.
    private static let rest = Duration.seconds(4 * 3600)

    /// The token.
    private static let access: [GraphErrorRule] = [
        GraphErrorRule([190...190], [458], .failure(.reauthorize), "The app was removed by the person", again),
        GraphErrorRule([190...190], [460], .failure(.reauthorize), "The person changed the password", again),
        GraphErrorRule([190...190], [463], .failure(.reauthorize), "The token has ended", again),
        GraphErrorRule(
            [190...190], [464], .failure(.reauthorize), "The person's login is not confirmed",
            "Log in at facebook.com and confirm, then connect the account again."),
        GraphErrorRule([190...190], [467], .failure(.reauthorize), "The token is no longer valid", again),
        GraphErrorRule([190...190], [492], .failure(.reauthorize), "The session is no longer valid", again),
        GraphErrorRule(
            [190...190], [459], .failure(.needsHuman), "Facebook wants the person to log in",
            "Log in at facebook.com and pass its check, then resume the account."),
        GraphErrorRule([102...102, 190...190], .failure(.reauthorize), "The token is not accepted", again),
        GraphErrorRule(
            [104...104, 2500...2500], .failure(.permanent), "The call carries no token, or is malformed",
            "Connect the account again; if that does not help, update Posthorn."),
        GraphErrorRule(
            [3...3, 10...10, 200...299], .failure(.needsHuman), "A permission is missing",
            "Connect the account again with all permissions, by a person with full control of the Page."),
    ]

    /// What only a person can settle.
    private static let people: [GraphErrorRule] = [
        GraphErrorRule(
            [368...368], [1_390_008], .failure(.needsHuman), "Facebook finds that the Page posts too fast",
            "Let the Page rest for some hours, then resume it: posthorn account resume.", pause: rest),
        GraphErrorRule(
            [368...368], .failure(.needsHuman), "Facebook has blocked the action for its policies",
            "Look at the Page's support inbox at facebook.com, settle it there, then resume the account."),
        GraphErrorRule(
            [], [1_390_008, 1_346_003, 1_404_112], .failure(.needsHuman), "Facebook has blocked the action",
            "Look at the Page's support inbox at facebook.com, settle it there, then resume the account."),
        GraphErrorRule(
            [], [1_404_078], .failure(.needsHuman), "The Page needs a publishing authorization",
            "Complete the authorization in the Page's settings, then resume the account."),
        GraphErrorRule(
            [], [1_404_006, 4_854_002], .failure(.needsHuman), "Facebook wants the person's identity confirmed",
            "Confirm the identity at facebook.com, then resume the account."),
        GraphErrorRule(
            [25...25], [2_207_050], .failure(.needsHuman), "The Instagram account is restricted or inactive", restricted
        ),
        // As the text of a container's status has them, without their codes.
        GraphErrorRule(
            [], [2_207_050], .failure(.needsHuman), "The Instagram account is restricted or inactive", restricted),
        GraphErrorRule(
            [], [2_207_051], .failure(.needsHuman), "Instagram took the action for spam", spam, pause: rest),
    ]

    private static let restricted = "Log in to the Instagram app and settle what it shows, then resume the account."

    /// What was to be published.
    private static let content: [GraphErrorRule] = [
        GraphErrorRule([506...506], .failure(.duplicate), "The Page has the same post already"),
        GraphErrorRule([], [1_455_006], .failure(.duplicate), "The Page has the same post already"),
        GraphErrorRule([], [1_366_051], .failure(.duplicate), "The photos are in another post already"),
        GraphErrorRule(
            [100...100], [33], .failure(.permanent), "It is gone, or cannot be seen with this token",
            "Look on the platform whether it is still there; if it is, connect the account again with all permissions."),
        GraphErrorRule(
            [3001...3001], [1_504_028], .failure(.permanent), "No metric was named",
            "Update Posthorn: Meta no longer has the metrics that it asks for."),
        GraphErrorRule([324...324], .failure(.permanent), "A picture is missing", replan),
        GraphErrorRule(
            [], [1_366_046], .failure(.permanent), "A picture is too large", "Use a picture of at most 4 MB."),
        GraphErrorRule([], [2_069_019], .failure(.permanent), "A file cannot be read", "Use another file."),
        GraphErrorRule([], [1_609_005], .failure(.permanent), "The link cannot be posted", "Use another link."),
        GraphErrorRule(
            [], [1_609_008], .failure(.permanent), "Links to facebook.com cannot be posted", "Use another link."),
        GraphErrorRule([], [2_061_006], .failure(.permanent), "The link is no valid address", "Correct the link."),
        GraphErrorRule([], [1_349_125], .failure(.permanent), "Facebook refuses the content", replan),
        GraphErrorRule(
            [], [1_404_102], .failure(.permanent), "The content is against the community standards", replan),
        GraphErrorRule([352...352], .failure(.permanent), "The film cannot be used", "Use another film."),
        GraphErrorRule([382...382], .failure(.permanent), "The film is too small", "Use a larger film."),
        GraphErrorRule(
            [389...389], .failure(.permanent), "The film could not be fetched", "Check that its address is public."),
        GraphErrorRule([6000...6000], .failure(.permanent), "The film cannot be read", "Use another file."),
        GraphErrorRule(
            [100...100], .failure(.permanent), "Something in the request is not accepted",
            "Correct what Meta names, then try again."),
    ]

    /// What is Meta's, or the configuration's.
    private static let service: [GraphErrorRule] = [
        GraphErrorRule([], [1_363_047, 1_609_010], .failure(.retryAfter), "It is not available for now"),
        GraphErrorRule([6001...6001], .failure(.retryAfter), "The upload of the film failed"),
        GraphErrorRule([1...2], .service, "Meta has a problem"),
        GraphErrorRule(
            [2635...2635], .failure(.permanent), "This version of Graph has ended",
            "Update Posthorn, or set POSTHORN_PLATFORM_FACEBOOK_API_VERSION.", scope: .app),
    ]
}

extension GraphErrorRule.Effect {
    static let limit: Self = .failure(.rateLimited)
}

extension GraphErrorRule {
    init(
        _ codes: [ClosedRange<Int>], _ effect: Effect, _ meaning: String, _ nextAction: String? = nil,
        scope: PluginError.Scope = .account, pause: Duration? = nil
    ) {
        self.init(codes, [], effect, meaning, nextAction, scope: scope, pause: pause)
    }
}
