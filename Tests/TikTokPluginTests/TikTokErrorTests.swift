// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

/// One row of the sheet: what TikTok says and what is to be done.
struct TikTokRow: Sendable, CustomTestStringConvertible {
    var status: Int
    var code: String
    /// For a call that creates.
    var kind: PluginError.Code
    /// For a read; the same unless given.
    var reading: PluginError.Code
    var scope: PluginError.Scope
    var pause: Duration?

    var testDescription: String { "\(self.status) \(self.code)" }

    init(
        _ status: Int, _ code: String, _ kind: PluginError.Code, reading: PluginError.Code? = nil,
        scope: PluginError.Scope = .account, pause: Duration? = nil
    ) {
        self.status = status
        self.code = code
        self.kind = kind
        self.reading = reading ?? kind
        self.scope = scope
        self.pause = pause
    }

    static let all: [Self] = [
        Self(400, "invalid_param", .permanent), Self(400, "invalid_params", .permanent),
        Self(400, "invalid_publish_id", .permanent),
        Self(400, "token_not_authorized_for_specified_publish_id", .permanent),
        Self(400, "publish_not_cancellable", .permanent), Self(400, "app_version_check_failed", .permanent),
        Self(401, "access_token_invalid", .reauthorize), Self(401, "scope_not_authorized", .needsHuman),
        Self(400, "scope_permission_missed", .needsHuman),
        Self(403, "spam_risk_too_many_posts", .rateLimited, scope: .endpoint, pause: .seconds(3600)),
        Self(403, "spam_risk_too_many_pending_share", .rateLimited, scope: .endpoint, pause: .seconds(3600)),
        Self(403, "spam_risk_user_banned_from_posting", .needsHuman),
        Self(403, "reached_active_user_cap", .rateLimited, scope: .app, pause: .seconds(3600)),
        Self(403, "unaudited_client_can_only_post_to_private_accounts", .needsHuman, scope: .app),
        Self(403, "url_ownership_unverified", .permanent), Self(403, "privacy_level_option_mismatch", .permanent),
        Self(429, "rate_limit_exceeded", .rateLimited, scope: .endpoint, pause: .seconds(60)),
        Self(500, "internal_error", .ambiguousOutcome, reading: .retryAfter),
        Self(503, "internal_error", .ambiguousOutcome, reading: .retryAfter),
        // The code decides, not the status.
        Self(200, "invalid_params", .permanent), Self(200, "access_token_invalid", .reauthorize),
        Self(200, "rate_limit_exceeded", .rateLimited, scope: .endpoint, pause: .seconds(60)),
        Self(200, "internal_error", .ambiguousOutcome, reading: .retryAfter),
        // A code that nobody has described: the status has to do.
        Self(403, "something_new", .permanent), Self(401, "something_new", .reauthorize),
        Self(502, "something_new", .ambiguousOutcome, reading: .retryAfter),
    ]
}

@Suite("What TikTok's refusals mean")
struct TikTokErrorTests {
    @Test("a refusal has its class, scope, pause and next action", arguments: TikTokRow.all)
    func classes(row: TikTokRow) async {
        let reply = ScriptedExchange.Outcome.reply(TikTokFixtures.error(row.status, row.code))
        var refused = TikTokFixtures.photos.exchanges[1]
        refused.outcome = reply
        let (plugin, _) = TikTokFixtures.plugin([TikTokFixtures.creator(), refused])
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, plugin)
        }
        #expect(error?.code == row.kind && error?.scope == row.scope && error?.retryAfter == row.pause)
        #expect(error?.httpStatus == row.status && error?.platformCode == row.code && error?.requestID == "2026L")
        #expect(error?.endpoint == (row.scope == .endpoint ? TikTokEndpoint.publish : nil))
        #expect(error?.nextAction?.isEmpty == false)

        let (reader, _) = TikTokFixtures.plugin([ScriptedExchange(.post, "/v2/video/query/", reply)])
        let reading = await #expect(throws: PluginError.self) {
            _ = try await reader.metrics(
                MetricsRequest(access: TikTokFixtures.access, posts: [RemotePost(id: "7")]))
        }
        #expect(reading?.code == row.reading)
    }

    @Test("every row has a sentence and a next action, and what is to be done belongs to one class")
    func actions() {
        var classes: [String: Set<TikTokErrorRule.Effect>] = [:]
        for rule in TikTokErrorRule.table + TikTokErrorRule.failReasons + TikTokErrorRule.businessTable {
            #expect(!rule.meaning.isEmpty && rule.nextAction?.isEmpty == false, "\(rule.codes)")
            classes[rule.nextAction ?? "", default: []].insert(rule.effect)
        }
        let usual = PluginError.Code.retryAfter.usualNextAction
        for (action, effects) in classes where action != usual { #expect(effects.count == 1, "\(action)") }
    }

    @Test(
        "a post that failed has the class of its reason, and is known not to exist: the next try is a send of its own",
        arguments: [
            ("file_format_check_failed", PluginError.Code.permanent), ("duration_check_failed", .permanent),
            ("frame_rate_check_failed", .permanent), ("picture_size_check_failed", .permanent),
            ("internal", .retryAfter), ("video_pull_failed", .retryAfter), ("photo_pull_failed", .retryAfter),
            ("publish_cancelled", .permanent), ("auth_removed", .reauthorize),
            ("spam_risk_too_many_posts", .rateLimited), ("spam_risk_user_banned_from_posting", .needsHuman),
            ("spam_risk_text", .needsHuman), ("spam_risk", .needsHuman), ("something_new", .permanent),
        ])
    func failed(reason: String, code: PluginError.Code) async throws {
        let failed = TikTokFixtures.status("FAILED", #","fail_reason":"\#(reason)""#, id: "p_pub_url~v2.3")
        let (plugin, _) = TikTokFixtures.plugin(TikTokFixtures.photos.exchanges.prefix(2) + [failed])
        let context = ScriptedEffectContext()
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, plugin, context)
        }
        #expect(error?.code == code && error?.platformCode == reason)
        #expect((error?.retryAfter == .seconds(3600)) == (code == .rateLimited))
        #expect(error?.nextAction?.isEmpty == false)
        let (again, transport) = TikTokFixtures.plugin(TikTokFixtures.photos.exchanges)
        _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, again, context)
        #expect(transport.visibleCalls.count == 1 && context.confirmed.count == 2)
    }

    @Test(
        "refusals of the token endpoint come in a shape of their own, with any status",
        arguments: [
            ("invalid_grant", PluginError.Code.reauthorize, PluginError.Scope.account),
            ("invalid_client", .permanent, .app), ("invalid_request", .permanent, .app),
        ], [200, 400, 401])
    func tokens(row: (String, PluginError.Code, PluginError.Scope), status: Int) async {
        let body = #"{"error":"\#(row.0)","error_description":"Words.","log_id":"2026L"}"#
        let (plugin, _) = TikTokFixtures.plugin([ScriptedExchange(.post, "/v2/oauth/token/", .json(status, body))])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.refresh(TikTokFixtures.access.tokens, app: TikTokFixtures.app)
        }
        #expect(error?.code == row.1 && error?.scope == row.2 && error?.nextAction != nil)
        #expect(error?.platformCode == row.0 && error?.requestID == "2026L")
    }

    @Test(
        "an answer that does not say whether it succeeded is an unknown outcome",
        arguments: ["{}", #"{"data":{"publish_id":"x"}}"#, "", #"{"data":{},"error":{"code":"ok"}}"#, #"{"data":{"pu"#])
    func unreadable(body: String) async {
        var unclear = TikTokFixtures.photos.exchanges[1]
        unclear.outcome = .json(200, body)
        let (plugin, _) = TikTokFixtures.plugin([TikTokFixtures.creator(), unclear])
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, plugin)
        }
        #expect(error?.code == .ambiguousOutcome)
    }

    @Test("a post that lands in the creator's inbox needs the creator")
    func inbox() async {
        let (plugin, _) = TikTokFixtures.plugin(
            TikTokFixtures.photos.exchanges.prefix(2) + [
                TikTokFixtures.status("SEND_TO_USER_INBOX", id: "p_pub_url~v2.3")
            ])
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, plugin)
        }
        #expect(error?.code == .needsHuman && error?.nextAction != nil)
    }
}
