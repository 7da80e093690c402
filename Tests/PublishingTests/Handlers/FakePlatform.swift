// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit
import Synchronization

@testable import Publishing

/// A platform in memory with a plugin for it: programmable answers, and a list of what is really there.
final class FakePlatform: Sendable {
    /// What the next visible calls do; `.accept` when nothing is left.
    enum Answer: Sendable {
        /// Takes effect and answers.
        case accept
        /// Takes effect, and the answer is lost.
        case acceptAndLose
        /// Takes no effect, and the answer is lost.
        case lose
        /// Refuses with an error.
        case refuse(PluginError)
    }

    struct State: Sendable {
        var answers: [Answer] = []
        var posts: [(id: String, text: String)] = []
        var calls = 0
        var acceptedToken = "token-1"
        /// The token for ads that is taken, where a grant has one.
        var acceptedAdsToken = "ads-1"
        var refreshes = 0
        var refreshError: PluginError?
        /// What happens between a renewal and its answer.
        var beforeRenewed: (@Sendable () async -> Void)?
        /// What the plugin asks for, and what renewed tokens say that they allow.
        var scopes: [String] = []
        var renewedScopes: [String] = []
        var findings: [Finding] = []
        /// What each look was told of earlier sends.
        var absences: [Int] = []
        var findError: PluginError?
        var hidesPosts = false
        var boostStarts = 0
        var activeBoosts: [String] = []
        var spend: Int64 = 0
        var spendByDay: [String: Int64] = [:]
        /// How a started boost stands.
        var boostState = RemoteBoost.State.completed
        var stops = 0
        /// How the first calls for a stop are refused.
        var stopErrors: [PluginError] = []
        /// What happens after a boost was prepared and before it is switched on.
        var beforeActivation: (@Sendable () async -> Void)?
        /// How the first looks at boosts are refused.
        var lookErrors: [PluginError] = []
        var rateBuckets: [RateBucket] = []
        var renewBefore: Duration?
        var metricsBatch = 1
        /// Whose readings were asked for, call by call.
        var metricCalls: [[String]] = []
        /// What a batch leaves out.
        var unreadable: Set<String> = []
        /// What fails every call that names it.
        var poison: Set<String> = []
        /// What every call for more than one post fails with.
        var batchError: PluginError?
        /// What the account posted elsewhere, newest first; two to a page.
        var past: [FoundPost] = []
        /// What stands under posts, by identity.
        var comments: [String: RemoteComment] = [:]
        /// How the first readings of comments fail.
        var commentErrors: [PluginError] = []
        /// The cursors that pages were asked for by.
        var pastCalls: [String?] = []
        /// What was asked by somebody who leaves room for others.
        var givingWay: Set<String> = []
    }

    let state = Mutex(State())

    func script(_ answers: Answer...) { self.state.withLock { $0.answers = answers } }

    func noteCaller(of call: String) {
        if Caller.current?.givesWay == true { self.state.withLock { _ = $0.givingWay.insert(call) } }
    }

    /// The one visible call of the pretend platform.
    func create(_ text: String, token: Secret) throws(PluginError) -> RemotePost {
        let answer: Answer = self.state.withLock { state in
            state.calls += 1
            if token.revealed != state.acceptedToken {
                return .refuse(PluginError(.reauthorize, "the token is not accepted"))
            }
            return state.answers.isEmpty ? .accept : state.answers.removeFirst()
        }
        switch answer {
        case .refuse(let error): throw error
        case .lose: throw PluginError(.ambiguousOutcome, "no answer")
        case .accept, .acceptAndLose: break
        }
        let id = self.state.withLock { state in
            let id = "post-\(state.posts.count + 1)"
            state.posts.append((id, text))
            return id
        }
        if case .acceptAndLose = answer { throw PluginError(.ambiguousOutcome, "no answer") }
        return RemotePost(id: id, url: "https://fake.test/\(id)")
    }
}

/// The plugin of ``FakePlatform``.
struct FakePlugin: PlatformPlugin, Reconciling, MetricsFetching, AccountConnecting, Boosting, HistoryListing, Charging,
    CommentReading
{
    let platform: FakePlatform

    var manifest: PluginManifest {
        PluginManifest(
            id: "fake", name: "Fake", apiVersion: "1", hosts: ["fake.test"],
            capabilities: [.publish, .reconcile, .metrics, .connect, .boost, .history, .comments],
            formats: [
                FormatLimits(format: .text, textLength: 280),
                FormatLimits(format: .thread, textLength: 280, parts: 2...9),
            ],
            limitsReadOn: "2026-11-21", scopes: self.platform.state.withLock { $0.scopes },
            rateBuckets: self.platform.state.withLock { $0.rateBuckets },
            tokens: TokenLife(
                accessToken: .seconds(7200), refreshRotates: true,
                renewBefore: self.platform.state.withLock { $0.renewBefore }),
            boost: BoostLimits(
                objectives: ["reach"], minimumBudgetMinorUnits: 100, dailyPercent: 175, needsAdAccount: false,
                tokenFields: ["ads_token"], settlement: .seconds(3600)),
            metricsBatch: self.platform.state.withLock { $0.metricsBatch })
    }

    func validate(_ content: PostContent) -> [ValidationIssue] { [] }

    func publish(_ request: PublishRequest, _ context: any EffectContext) async throws(PluginError) -> PublishOutcome {
        self.platform.noteCaller(of: "publish")
        var first: RemotePost?
        for (index, part) in request.content.parts.enumerated() {
            let remote = try await context.send(part: index, endpoint: "post") { (_) throws(PluginError) in
                try self.platform.create(part.text, token: request.access.tokens.accessToken)
            }
            first = first ?? remote
        }
        guard let first else { throw PluginError(.permanent, "nothing to publish") }
        return .published(first)
    }

    func find(_ send: UnknownSend) async throws(PluginError) -> Finding {
        self.platform.noteCaller(of: "find")
        if let error = self.platform.state.withLock({ $0.findError }) { throw error }
        return self.platform.state.withLock { state in
            state.absences.append(send.absences)
            if !state.findings.isEmpty { return state.findings.removeFirst() }
            let text = send.content.parts[send.part].text
            guard !state.hidesPosts,
                let post = state.posts.last(where: { $0.text == text && !send.others.contains($0.id) })
            else { return .absent }
            return .found(RemotePost(id: post.id))
        }
    }

    func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading] {
        self.platform.noteCaller(of: "metrics")
        let posts = request.posts.map(\.id)
        let (isPoisoned, unreadable, batchError) = self.platform.state.withLock { state in
            state.metricCalls.append(posts)
            return (!state.poison.isDisjoint(with: posts), state.unreadable, state.batchError)
        }
        if let batchError, posts.count > 1 { throw batchError }
        if isPoisoned { throw PluginError(.permanent, "one of these is no post") }
        return posts.filter { !unreadable.contains($0) }.map {
            MetricReading(
                postID: $0, values: [.likes: 7, .engagements: 9], raw: #"{"like_count": 7}"#, definition: 1)
        }
    }

    func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage {
        self.platform.noteCaller(of: "history")
        return self.platform.state.withLock { state in
            state.pastCalls.append(request.cursor)
            let start = request.cursor.flatMap { Int($0) } ?? 0
            let end = min(start + 2, state.past.count)
            return HistoryPage(
                posts: Array(state.past[min(start, end)..<end]), next: end < state.past.count ? String(end) : nil)
        }
    }

    func comment(_ id: String, _ access: AccountAccess) async throws(PluginError) -> RemoteComment? {
        self.platform.noteCaller(of: "comment")
        let (error, comment) = self.platform.state.withLock { state -> (PluginError?, RemoteComment?) in
            (state.commentErrors.isEmpty ? nil : state.commentErrors.removeFirst(), state.comments[id])
        }
        if let error { throw error }
        return comment
    }

    func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL { throw PluginError(.unsupported, "no page") }

    func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet { throw PluginError(.unsupported, "no page") }

    func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        let (error, number) = self.platform.state.withLock { state -> (PluginError?, Int) in
            state.refreshes += 1
            if state.refreshError == nil { state.acceptedToken = "token-\(state.refreshes + 1)" }
            return (state.refreshError, state.refreshes)
        }
        let (before, scopes) = self.platform.state.withLock { ($0.beforeRenewed, $0.renewedScopes) }
        await before?()
        if let error { throw error }
        return TokenSet(
            accessToken: Secret("token-\(number + 1)"), refreshToken: Secret("refresh-\(number + 1)"),
            expiresAt: Date(timeIntervalSince1970: 4_000_000_000), scopes: scopes)
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        RemoteAccount(externalID: "1", name: "Fake")
    }

    func startBoost(_ request: BoostRequest, _ context: any EffectContext) async throws(PluginError) -> RemoteBoost {
        try self.requireAds(request.access)
        let before = self.platform.state.withLock { state in
            state.boostStarts += 1
            return state.beforeActivation
        }
        await before?()
        let remote = try await context.send(part: 0, endpoint: "boost") { (_) throws(PluginError) in
            let post = try self.platform.create("boost \(request.operation)", token: request.access.tokens.accessToken)
            self.platform.state.withLock { $0.activeBoosts.append(post.id) }
            return post
        }
        return RemoteBoost(
            id: remote.id, state: .running, spend: Money(minorUnits: 0, currency: request.terms.budget.currency))
    }

    private func requireAds(_ access: AccountAccess) throws(PluginError) {
        let accepted = self.platform.state.withLock { $0.acceptedAdsToken }
        guard access.tokens.extra["ads_token"].map({ $0.revealed == accepted }) ?? true else {
            throw PluginError(.reauthorize, "the token for ads is not accepted")
        }
    }

    func validate(_ terms: BoostTerms) -> [ValidationIssue] { [] }

    func charges(for content: PostContent) -> [CallCost] {
        content.parts.map { _ in CallCost("post", microdollars: 15_000, readOn: "2026-11-21") }
    }

    func charges(for read: ChargedRead) -> [CallCost] {
        switch read {
        case .ownPosts(let count):
            Array(repeating: CallCost("read", microdollars: 1000, readOn: "2026-11-21"), count: count)
        case .account: [CallCost("account", microdollars: nil, readOn: "2026-11-21")]
        }
    }

    func boostStatus(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost {
        let refusal = self.platform.state.withLock { $0.lookErrors.isEmpty ? nil : $0.lookErrors.removeFirst() }
        if let refusal { throw refusal }
        try self.requireAds(boost.access)
        return self.platform.state.withLock { state in
            RemoteBoost(
                id: boost.id, state: state.boostState, spend: Money(minorUnits: state.spend, currency: .eur),
                spendByDay: state.spendByDay.mapValues { Money(minorUnits: $0, currency: .eur) })
        }
    }

    func stopBoost(_ boost: StartedBoost) async throws(PluginError) {
        try self.requireAds(boost.access)
        let error = self.platform.state.withLock { state -> PluginError? in
            state.stops += 1
            return state.stopErrors.isEmpty ? nil : state.stopErrors.removeFirst()
        }
        if let error { throw error }
        self.platform.state.withLock { $0.boostState = .stopped }
    }

    func findBoost(_ request: BoostRequest, checkpoint: PluginState?) async throws(PluginError) -> Finding {
        self.platform.state.withLock { state in
            state.activeBoosts.first.map { .found(RemotePost(id: $0)) } ?? .absent
        }
    }
}
