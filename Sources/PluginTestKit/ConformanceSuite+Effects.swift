// SPDX-License-Identifier: MIT

import PluginKit

extension ConformanceSuite {
    /// One outside effect, run to its end.
    typealias Effect = @Sendable (any PlatformPlugin, ScriptedEffectContext) async throws(PluginError) -> String

    mutating func checkPublish(_ fixture: PublishFixture) async {
        let request = PublishRequest(access: self.fixtures.access, content: fixture.content, operation: "op-1")
        await self.check("publish \(fixture.name)", fixture.exchanges) { plugin, context throws(PluginError) in
            var outcome = try await plugin.publish(request, context)
            // A platform that is never done is a fixture that is never done; ten looks are plenty.
            for _ in 0..<10 {
                switch outcome {
                case .published(let post): return post.id
                case .pending(let state, _):
                    guard let deferred = plugin as? any DeferredPublishing else {
                        throw PluginError(.unsupported, "pending, but the plugin cannot resume")
                    }
                    outcome = try await deferred.resume(state, request, context)
                }
            }
            throw PluginError(.unsupported, "still pending after ten looks")
        }
    }

    mutating func checkBoost(_ fixture: BoostFixture) async {
        var request = fixture.request
        request.access = self.fixtures.access
        let ready = request
        await self.check("boost \(fixture.name)", fixture.exchanges) { plugin, context throws(PluginError) in
            guard let boosting = plugin as? any Boosting else {
                throw PluginError(.unsupported, "the plugin cannot boost")
            }
            return try await boosting.startBoost(ready, context).id
        }
    }

    private mutating func check(_ name: String, _ exchanges: [ScriptedExchange], _ effect: @escaping Effect) async {
        let transport = ScriptedTransport(exchanges)
        let context = ScriptedEffectContext()
        do {
            _ = try await effect(self.plugin(transport), context)
        } catch {
            self.expect(
                false, "the recorded answers lead to success", "\(name): \(error); \(transport.unexpected.map(\.name))")
            return
        }
        self.expect(transport.left.isEmpty, "every recorded call is made", "\(name): \(transport.left.map(\.path))")
        self.checkFence(name, transport, context)
        for number in 0..<context.saves { await self.checkCrash(name, exchanges, .afterSave(number), effect) }
        for part in context.confirmed.keys.sorted() {
            await self.checkCrash(name, exchanges, .afterConfirm(part), effect)
        }
        for place in exchanges.indices { await self.checkFaults(name, exchanges, place, effect) }
    }

    private mutating func checkFence(_ name: String, _ transport: ScriptedTransport, _ context: ScriptedEffectContext) {
        let permitted = transport.calls.filter { $0.permit != nil }
        self.expect(
            permitted.map(\.name) == transport.visibleCalls.map(\.name),
            "what becomes visible carries the permit, and nothing else does",
            "\(name): permitted \(permitted.map(\.name)), visible \(transport.visibleCalls.map(\.name))")
        let fenced = context.events.compactMap { event in if case .fenced(_, let key) = event { key } else { nil } }
        self.expect(
            permitted.compactMap(\.permit?.key) == fenced,
            "every pass of the fence makes exactly one call with its permit",
            "\(name): \(fenced)")
    }

    /// Dies at a place, then runs again with what the database kept.
    private mutating func checkCrash(
        _ name: String, _ exchanges: [ScriptedExchange], _ crash: ScriptedEffectContext.Crash,
        _ effect: @escaping Effect
    ) async {
        let transport = ScriptedTransport(exchanges)
        let context = ScriptedEffectContext()
        context.crash(crash)
        do {
            _ = try await effect(self.plugin(transport), context)
            self.expect(!context.hasCrashed, "an error of the context ends the run", "\(name), \(crash)")
        } catch {
            // The scripted death.
        }
        context.crash(nil)
        do {
            _ = try await effect(self.plugin(transport), context)
        } catch {
            self.expect(
                false, "after a crash the run goes on from its checkpoint",
                "\(name), \(crash): \(error); \(transport.unexpected.map(\.name))")
        }
        self.expect(
            transport.unexpected.isEmpty, "after a crash nothing that was done is done again",
            "\(name), \(crash): \(transport.unexpected.map(\.name))")
        let visible = exchanges.count { $0.isVisible }
        self.expect(
            transport.visibleCalls.count == visible, "a crash makes no second visible effect",
            "\(name), \(crash): \(transport.visibleCalls.count) of \(visible)")
    }

    /// Lets one call of the script go wrong in every way.
    private mutating func checkFaults(
        _ name: String, _ exchanges: [ScriptedExchange], _ place: Int, _ effect: @escaping Effect
    ) async {
        let isVisible = exchanges[place].isVisible
        let answers = self.fixtures.answers
        var faults: [Fault] = [
            Fault("not sent", .notSent, .retryAfter), Fault("401", .reply(answers.unauthorized), .reauthorize),
            Fault("429", .reply(answers.limited), .rateLimited, pause: answers.limitedPause),
            Fault("429 without a time", .reply(answers.limitedUnsaid), .rateLimited),
            Fault("lost answer", .lost, isVisible ? .ambiguousOutcome : .retryAfter),
        ]
        for reply in answers.failures {
            faults.append(Fault("\(reply.status)", .reply(reply), isVisible ? .ambiguousOutcome : .retryAfter))
        }
        if isVisible, case .reply(var reply) = exchanges[place].outcome, !reply.body.isEmpty {
            reply.body = reply.body.prefix(reply.body.count / 2)
            faults.append(Fault("broken-off answer", .reply(reply), .ambiguousOutcome))
        }
        for secret in self.fixtures.access.secrets {
            faults.append(
                Fault(
                    "echoed secret", .reply(answers.refusal("refused: Bearer \(secret.revealed) is not liked")),
                    .permanent))
        }
        for fault in faults {
            var script = exchanges
            script[place].outcome = fault.outcome
            // Failing is the end of what is checked: the rest of the script stays unused.
            let error = await self.failure(ScriptedTransport(script), effect)
            if exchanges[place].isOptional, error == nil { continue }
            let spot = "\(name), \(exchanges[place].method) \(exchanges[place].path), \(fault.name)"
            self.expect(
                error?.code == fault.code, "a failure has the class of the contract",
                "\(spot): \(error?.description ?? "none"), not \(fault.code)")
            if let pause = fault.pause {
                self.expect(
                    error?.retryAfter.map(pause.contains) == true, "a limit's pause is the one that the platform gave",
                    "\(spot): \(error?.retryAfter?.description ?? "none")")
            }
            if let error { self.expectNoSecret(in: error, spot) }
        }
    }

    private func failure(_ transport: ScriptedTransport, _ effect: Effect) async -> PluginError? {
        do {
            _ = try await effect(self.plugin(transport), ScriptedEffectContext())
            return nil
        } catch {
            return error
        }
    }

    private struct Fault {
        var name: String
        var outcome: ScriptedExchange.Outcome
        var code: PluginError.Code
        var pause: ClosedRange<Duration>?

        init(
            _ name: String, _ outcome: ScriptedExchange.Outcome, _ code: PluginError.Code,
            pause: ClosedRange<Duration>? = nil
        ) {
            self.name = name
            self.outcome = outcome
            self.code = code
            self.pause = pause
        }
    }
}
