// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

extension ConformanceSuite {
    mutating func checkFind(_ fixture: FindFixture) async {
        let now = self.fixtures.now
        let text = fixture.content.parts.first?.text ?? ""
        let since = now.addingTimeInterval(-300)
        let ours = ListedPost(id: "1001", text: text, createdAt: now.addingTimeInterval(-60))
        let newer = ListedPost(id: "1002", text: "Something else altogether", createdAt: now.addingTimeInterval(-10))
        let older = ListedPost(id: "1000", text: text, createdAt: now.addingTimeInterval(-4000))

        let found = await self.find(fixture, [newer, ours], since)
        self.expect(Self.id(found) == ours.id, "a send that took effect is found under newer posts", "\(found)")
        let other = await self.find(fixture, [newer, older], since)
        self.expect(Self.id(other) == nil, "the newest post with another text is never taken for ours", "\(other)")
        let before = await self.find(fixture, [older], since)
        self.expect(Self.id(before) == nil, "a post from before the send is never taken for ours", "\(before)")
        let none = await self.find(fixture, [], since)
        if case .success(.absent) = none {
        } else {
            self.expect(false, "an empty list proves that nothing took effect", "\(none)")
        }

        let lost = await self.find(fixture, [], since, outcome: .lost)
        guard case .failure(let error) = lost else {
            self.expect(false, "a look that fails is not a proof", "\(lost)")
            return
        }
        self.expect(error.code == .retryAfter, "a look that fails is tried again", "\(error)")
    }

    private func find(
        _ fixture: FindFixture, _ posts: [ListedPost], _ since: Date, outcome: ScriptedExchange.Outcome? = nil
    ) async -> Result<Finding, PluginError> {
        var exchanges = fixture.listing(posts)
        if let outcome { for place in exchanges.indices { exchanges[place].outcome = outcome } }
        guard let plugin = self.plugin(ScriptedTransport(exchanges)) as? any Reconciling else {
            return .failure(PluginError(.unsupported, "the plugin cannot reconcile"))
        }
        let send = UnknownSend(
            access: self.fixtures.access, content: fixture.content, part: 0, confirmed: [:], checkpoint: nil,
            sentAfter: since,
            key: "op-1#0")
        do {
            return .success(try await plugin.find(send))
        } catch {
            return .failure(error)
        }
    }

    private static func id(_ result: Result<Finding, PluginError>) -> String? {
        if case .success(.found(let post)) = result { post.id } else { nil }
    }

    mutating func checkRefresh(_ fixture: RefreshFixture) async {
        let renewed = await self.refresh(fixture, fixture.exchange.outcome)
        if case .success(let tokens) = renewed {
            self.expect(
                tokens.accessToken != self.fixtures.access.tokens.accessToken, "renewing brings a new access token",
                "the same")
        } else {
            self.expect(false, "the recorded answer renews the tokens", "\(renewed)")
        }
        var cases: [(ScriptedExchange.Outcome, PluginError.Code)] = [
            (.reply(fixture.refused), .reauthorize), (.lost, .ambiguousOutcome), (.notSent, .retryAfter),
        ]
        cases += self.fixtures.answers.failures.map { (.reply($0), .ambiguousOutcome) }
        for (outcome, code) in cases {
            guard case .failure(let error) = await self.refresh(fixture, outcome) else {
                self.expect(false, "a refresh that fails is an error", "\(outcome)")
                continue
            }
            self.expect(error.code == code, "a failed refresh has the class of the contract", "\(error), not \(code)")
            self.expectNoSecret(in: error, "refresh")
        }
    }

    private func refresh(_ fixture: RefreshFixture, _ outcome: ScriptedExchange.Outcome) async -> Result<
        TokenSet, PluginError
    > {
        var exchange = fixture.exchange
        exchange.outcome = outcome
        guard let plugin = self.plugin(ScriptedTransport([exchange])) as? any AccountConnecting else {
            return .failure(PluginError(.unsupported, "the plugin cannot connect"))
        }
        do {
            return .success(try await plugin.refresh(self.fixtures.access.tokens, app: fixture.app))
        } catch {
            return .failure(error)
        }
    }
}
