// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Persistence
import PluginKit
import Publishing

extension AccountCommands {
    struct Check: PosthornCommand {
        static let configuration = CommandConfiguration(
            "check", "Ask the platform how an account's token stands.",
            details: """
                Whether it is accepted and for the right account, how long it lives, what it allows and how many posts the account may still
                publish: by the platform's word, or else by what came with the token and what Posthorn counted itself. Where the client has ad accounts on the platform, each is asked whether the account's tokens
                may use it for boosts. Exit code 0 when all is well, 1 when a person has to do something.
                """,
            examples: ["account check acme/x", "account check acme/instagram -o json"],
            keys: AccountRows.columns + [
                Column("token_expires_at", nil, "when the token ends; none when it does not, or nobody said"),
                Column("access_ends_at", nil, "when the person must use the app again, whatever the token's own end"),
                Column("scopes", nil, "what the token allows, when the platform said"),
                Column("missing_scopes", nil, "what it should allow and does not"),
                Column("boosts", nil, "ready, or what stands in their way; none without an ad account on the platform"),
                Column("missing_boost_scopes", nil, "what it should allow for boosts and does not"),
                Column(
                    "missing_tasks", nil,
                    "what publishing wants the token's owner to be allowed there, and they are not"),
                Column("posts_left", nil, "how many posts the account may still publish; none when nobody counts them"),
                Column("posts_left_by", nil, "who counted that: the platform, or posthorn by its own limits"),
                Column("daily_limits", nil, "what is left of the limits of a day or longer, by Posthorn's own count"),
                Column("problem", nil, "what is wrong, empty when all is well"),
                Column("next_action", nil, "what a person can do"),
            ])

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: AccountChoice

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let owner = try await services.accounts.show(self.which.account, client: self.which.client).client
                let check = try await services.accounts.check(self.which.account, client: self.which.client)
                var record = AccountRows.record(check.account, of: owner)
                record.fields += Self.standing(check, in: owner.timeZone)
                record.fields.append(Record.Entry(key: "problem", value: .optional(check.problem)))
                record.fields.append(Record.Entry(key: "next_action", value: .optional(check.nextAction)))
                context.output.show(record)
                if let unsaid = check.unsaid {
                    context.output.hint("how long the token lives and what it allows was not said: \(unsaid)")
                }
                if let problem = check.problem {
                    throw CommandError(
                        .failed, "\(owner.slug)/\(check.account.slug): \(problem)", remedy: check.nextAction)
                }
                context.output.success("\(owner.slug)/\(check.account.slug) is accepted by \(check.account.platform)")
                if let problem = check.boosts?.problem {
                    throw CommandError(
                        .failed, "\(owner.slug)/\(check.account.slug) cannot boost: \(problem)",
                        remedy: check.boosts?.nextAction)
                }
                let left = check.account.tokenEndsAt?.duration(since: services.mirror.clock.now())
                if let left, left < .seconds(14 * 86_400) {
                    context.output.warn(
                        "its token ends \(left.relative) and only a person can renew it: posthorn account reconnect \(owner.slug)/\(check.account.slug) --link"
                    )
                }
            }
        }

        /// A limit in words: `14 of 15 posts left, POST /2/post (account)`.
        private static func words(_ limit: LimitView) -> String {
            let what = limit.key.counts == .sends ? "posts" : "calls"
            let whose = limit.key.scope.description.prefix { $0 != ":" }
            let days = Int(limit.key.window / .seconds(86_400))
            let window = days == 1 ? "" : " in \(days) days"
            return
                "\(max(0, limit.calls - limit.used)) of \(limit.calls) \(what) left\(window), \(limit.key.endpoint) (\(whose))"
        }

        private static func standing(_ check: AccountCheck, in zone: String) -> [Record.Entry] {
            let report = check.report
            let scopes = report?.scopes ?? []
            return [
                Record.Entry(key: "token_expires_at", value: .time(report?.expiresAt, in: zone)),
                Record.Entry(key: "access_ends_at", value: .time(report?.accessEndsAt, in: zone)),
                Record.Entry(key: "scopes", value: scopes.isEmpty ? .none : .list(scopes.map { .text($0) })),
                Record.Entry(
                    key: "missing_scopes",
                    value: scopes.isEmpty ? .none : .list(check.missingScopes.map { .text($0) })),
                Record.Entry(key: "boosts", value: .optional(check.boosts.map { $0.problem ?? "ready" })),
                Record.Entry(
                    key: "missing_boost_scopes",
                    value: check.boosts.map { .list($0.missingScopes.map { .text($0) }) } ?? .none),
                Record.Entry(key: "missing_tasks", value: .list(check.missingTasks.map { .text($0) })),
                Record.Entry(key: "posts_left", value: check.postsLeft.map { .count($0) } ?? .none),
                Record.Entry(key: "posts_left_by", value: .optional(check.postsLeftBy)),
                Record.Entry(key: "daily_limits", value: .list(check.dailyLimits.map { .text(Self.words($0)) })),
            ]
        }
    }
}
