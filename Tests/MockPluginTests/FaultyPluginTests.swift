// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import MockPlugin
import PluginKit
import PluginTestKit
import Testing

/// What a plugin does wrong.
protocol Flaw: Sendable {
    static var name: Name { get }
}
enum Name: Sendable {
    case sendsOutsideFence, forgetsUploads, repeatsAfterFailure, takesNewest, tells, claims, truncates
}
enum SendsOutsideFence: Flaw { static let name = Name.sendsOutsideFence }
enum ForgetsUploads: Flaw { static let name = Name.forgetsUploads }
enum RepeatsAfterFailure: Flaw { static let name = Name.repeatsAfterFailure }
enum TakesNewest: Flaw { static let name = Name.takesNewest }
enum Tells: Flaw { static let name = Name.tells }
enum Claims: Flaw { static let name = Name.claims }
enum Truncates: Flaw { static let name = Name.truncates }

/// An effect context that hides what was saved.
private struct Forgetting: EffectContext {
    var real: any EffectContext
    var checkpoint: PluginState? { nil }
    func save(_ state: PluginState) async throws(PluginError) { try await self.real.save(state) }
    func send(
        part: Int, endpoint: String, _ body: @Sendable (SendPermit) async throws(PluginError) -> RemotePost
    ) async throws(PluginError) -> RemotePost { try await self.real.send(part: part, endpoint: endpoint, body) }
}

/// An effect context without a fence.
private struct Unfenced: EffectContext {
    var real: any EffectContext
    var checkpoint: PluginState? { self.real.checkpoint }
    func save(_ state: PluginState) async throws(PluginError) { try await self.real.save(state) }
    func send(
        part: Int, endpoint: String, _ body: @Sendable (SendPermit) async throws(PluginError) -> RemotePost
    ) async throws(PluginError) -> RemotePost {
        try await body(SendPermit(key: "none", number: 1, notAfter: .now + .seconds(60)))
    }
}

/// The mock plugin with one flaw.
struct FaultyPlugin<Kind: Flaw>: CompiledPlugin, DeferredPublishing, Reconciling {
    static var manifest: PluginManifest {
        var manifest = MockPlugin.manifest
        manifest.capabilities = [.publish, .resume, .reconcile]
        manifest.boost = nil
        if Kind.name == .claims { manifest.capabilities.insert(.delete) }
        return manifest
    }
    private let good: MockPlugin
    private let http: any HTTPTransport

    init(context: PluginContext) {
        self.good = MockPlugin(context: context)
        self.http = context.http
    }

    func validate(_ content: PostContent) -> [ValidationIssue] {
        let issues = self.good.validate(content)
        return Kind.name == .truncates ? issues.filter { !$0.field.contains("text") } : issues
    }

    func publish(_ request: PublishRequest, _ context: any EffectContext) async throws(PluginError) -> PublishOutcome {
        try await self.spoil(request) { context throws(PluginError) in try await self.good.publish(request, context) }(
            context)
    }

    func resume(
        _ state: PluginState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.spoil(request) { context throws(PluginError) in
            try await self.good.resume(state, request, context)
        }(context)
    }

    private func spoil(
        _ request: PublishRequest, _ body: @escaping (any EffectContext) async throws(PluginError) -> PublishOutcome
    ) -> (any EffectContext) async throws(PluginError) -> PublishOutcome {
        { context throws(PluginError) in
            do throws(PluginError) {
                switch Kind.name {
                case .sendsOutsideFence: return try await body(Unfenced(real: context))
                case .forgetsUploads: return try await body(Forgetting(real: context))
                default: return try await body(context)
                }
            } catch {
                var worse = error
                if Kind.name == .repeatsAfterFailure, error.code == .ambiguousOutcome { worse.code = .retryAfter }
                if Kind.name == .tells { worse.message += " (token \(request.access.tokens.accessToken.revealed))" }
                throw worse
            }
        }
    }

    func find(_ send: UnknownSend) async throws(PluginError) -> Finding {
        guard Kind.name == .takesNewest else { return try await self.good.find(send) }
        var anything = send
        anything.content.parts[0].text = "Something else altogether"
        return try await self.good.find(anything)
    }
}

@Suite("The conformance suite")
struct FaultyPluginTests {
    private func rules(_ kind: (some Flaw).Type) async -> Set<String> {
        func run<Kind: Flaw>(_ kind: Kind.Type) async -> [ConformanceFailure] {
            var fixtures = MockFixtures.all
            fixtures.boosts = []
            fixtures.refresh = nil
            return await PluginConformance.run(FaultyPlugin<Kind>.self, fixtures)
        }
        return Set(await run(kind).map(\.rule))
    }

    @Test("a plugin that sends around the fence is found out")
    func fence() async {
        #expect(
            await self.rules(SendsOutsideFence.self).contains(
                "every pass of the fence makes exactly one call with its permit"))
    }

    @Test("a plugin that ignores its checkpoint is found out")
    func checkpoint() async {
        #expect(await self.rules(ForgetsUploads.self).contains("after a crash nothing that was done is done again"))
    }

    @Test("a plugin that would repeat what may have happened is found out")
    func repeats() async {
        #expect(await self.rules(RepeatsAfterFailure.self) == ["a failure has the class of the contract"])
    }

    @Test("a plugin that takes the newest post for ours is found out")
    func newest() async {
        #expect(
            await self.rules(TakesNewest.self).contains("the newest post with another text is never taken for ours"))
    }

    @Test("a plugin that tells a token is found out")
    func tells() async { #expect(await self.rules(Tells.self) == ["an error carries no token"]) }

    @Test("a manifest that promises too much is found out")
    func claims() async { #expect(await self.rules(Claims.self) == ["the manifest declares what the plugin can do"]) }

    @Test("a plugin that lets long texts pass is found out")
    func long() async { #expect(await self.rules(Truncates.self) == ["text that is too long is refused"]) }
}
