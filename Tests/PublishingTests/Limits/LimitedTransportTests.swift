// SPDX-License-Identifier: MIT

import Domain
import FacebookPlugin
import Foundation
import HTTPTypes
import JobQueue
import MetaGraph
import MockPlugin
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing
import XPlugin

@testable import Publishing

/// A platform that answers everything with 200, and with these headers.
private final class CountingTransport: HTTPTransport {
    let calls = Mutex<[HTTPCall]>([])
    let headers: HTTPFields
    let late: Mutex<Int>

    init(headers: HTTPFields = [:], late: Int = 0) {
        self.headers = headers
        self.late = Mutex(late)
    }

    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply {
        let isLate = self.late.withLock { late in
            late -= 1
            return late >= 0
        }
        if isLate { throw TransportError(.notSent, "too slow", isLate: true) }
        self.calls.withLock { $0.append(call) }
        return HTTPReply(response: HTTPResponse(status: .ok, headerFields: self.headers))
    }
}

@Suite("Limited transport", .postgresSchema)
struct LimitedTransportTests {
    private static let start = Date(timeIntervalSince1970: 1_772_524_800)
    private let caller = Caller(client: ClientID(), account: AccountID(), app: AppID())

    private func limits(_ buckets: RateBucket...) async throws -> PlatformLimits {
        let pool = TestDatabase.required.pool
        try await QueueMigrations.up(pool, world: .simulated)
        try await WorldStore(pool: pool).set(epoch: Self.start, rate: 0)
        var manifest = MockPlugin.manifest
        manifest.rateBuckets = buckets
        return PlatformLimits(manifest, store: LimitStore(pool: pool))
    }

    private func call(_ endpoint: String, permit: SendPermit? = nil) -> HTTPCall {
        HTTPCall(
            HTTPRequest(method: .get, scheme: "https", authority: "mock.posthorn.test", path: "/"), endpoint: endpoint,
            permit: permit)
    }

    private func send(_ transport: LimitedTransport, _ call: HTTPCall) async -> TransportError? {
        await Caller.$current.withValue(self.caller) {
            do throws(TransportError) {
                _ = try await transport.send(call)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test("a call is debited for account and app before it leaves, and kept back when one has nothing left")
    func debits() async throws {
        let limits = try await self.limits(
            RateBucket(endpoint: "read", scope: .account, calls: 2, window: .seconds(900)),
            RateBucket(endpoint: "read", scope: .app, calls: 100, window: .seconds(900)))
        let platform = CountingTransport()
        let transport = LimitedTransport(platform, limits: limits)
        for _ in 0..<2 { #expect(await self.send(transport, self.call("read")) == nil) }
        let error = try #require(await self.send(transport, self.call("read")))
        #expect(error.reach == .notSent && error.limit?.scope == .endpoint && error.limit?.endpoint == "read")
        #expect(PluginError(error, creates: true).code == .rateLimited)
        #expect(platform.calls.withLock { $0.count } == 2)
        #expect(platform.calls.withLock { $0.allSatisfy { $0.notAfter != nil } })
        #expect(await self.send(transport, self.call("other")) == nil)
        let app = try #require(self.caller.app)
        #expect(try await limits.store.limits(of: [.app(app)], clients: [:]).map(\.used) == [2])
    }

    @Test("a batch is debited as many calls as it has reads, and none of them when they are not all left")
    func batches() async throws {
        let limits = try await self.limits(
            RateBucket(endpoint: "read", scope: .account, calls: 120, window: .seconds(900)))
        let platform = CountingTransport()
        let transport = LimitedTransport(platform, limits: limits)
        let reads = (0..<50).map { GraphRead("\($0)", ["fields": "id"]) }
        let graph = GraphClient(PluginContext(http: transport))
        func batch() async {
            await Caller.$current.withValue(self.caller) {
                // What the answer says is not what is looked at.
                _ = try? await graph.batch(reads, as: GraphCaller(token: Secret("t")), endpoint: "read")
            }
        }
        let account = try #require(self.caller.account)
        for used in [50, 100, 100] {
            await batch()
            #expect(try await limits.store.limits(of: [.account(account)], clients: [:]).map(\.used) == [used])
        }
        #expect(platform.calls.withLock { $0.map(\.count) } == [50, 50])
        for _ in 0..<20 { #expect(await self.send(transport, self.call("read")) == nil) }
        #expect(await self.send(transport, self.call("read"))?.limit != nil)
    }

    @Test("what the fence has debited is not debited again, but another call with its permit is")
    func visible() async throws {
        let limits = try await self.limits(
            RateBucket(endpoint: "post", scope: .account, calls: 1, window: .seconds(900)))
        let transport = LimitedTransport(CountingTransport(), limits: limits)
        func permit(_ endpoint: String) -> SendPermit {
            SendPermit(key: "k", number: 1, notAfter: .now + .seconds(60), endpoint: endpoint)
        }
        for _ in 0..<3 { #expect(await self.send(transport, self.call("post", permit: permit("post"))) == nil) }
        #expect(await self.send(transport, self.call("post", permit: permit("other"))) == nil)
        #expect(await self.send(transport, self.call("post", permit: permit("other")))?.limit != nil)
    }

    @Test("a call takes its run's slot, which is kept for what follows, and free again after the visible call")
    func slot() async throws {
        let limits = try await self.limits()
        let transport = LimitedTransport(CountingTransport(), limits: limits)
        let slots = WorkSlots(1)
        let slot = slots.open(1, isWhole: false)
        try await RunSlot.$current.withValue(slot) {
            #expect(await self.send(transport, self.call("read")) == nil)
            #expect(await self.send(transport, self.call("read")) == nil)
            #expect(slots.heldCount == 1)
            let permit = SendPermit(key: "k", number: 1, notAfter: .now + .seconds(60), endpoint: "post")
            _ = try await RunSlot.fencing { 1 }
            #expect(slots.heldCount == 0)
            #expect(await self.send(transport, self.call("read", permit: permit)) == nil)
            #expect(slots.heldCount == 1)
            #expect(await self.send(transport, self.call("post", permit: permit)) == nil)
            #expect(slots.heldCount == 0)
        }
    }

    @Test("a call that is cancelled while it waits for a slot was not sent, and nothing was debited")
    func slotCancelled() async throws {
        let limits = try await self.limits(
            RateBucket(endpoint: "read", scope: .app, calls: 100, window: .seconds(900)))
        let platform = CountingTransport()
        let transport = LimitedTransport(platform, limits: limits)
        let slots = WorkSlots(1)
        try await slots.open(1, isWhole: false).take()
        let slot = slots.open(2, isWhole: false)
        let task = Task {
            await RunSlot.$current.withValue(slot) { await self.send(transport, self.call("read")) }
        }
        while slots.waitingCount == 0, !Task.isCancelled { await Task.yield() }
        task.cancel()
        let error = try #require(await task.value)
        #expect(error.reach == .notSent && error.underlying is CancellationError)
        #expect(platform.calls.withLock { $0.isEmpty } && slots.heldCount == 1)
        let app = try #require(self.caller.app)
        #expect(try await limits.store.limits(of: [.app(app)], clients: [:]).isEmpty)
    }

    @Test("a call that was too slow to leave is debited again and sent")
    func late() async throws {
        let limits = try await self.limits(
            RateBucket(endpoint: "read", scope: .account, calls: 9, window: .seconds(900)))
        let platform = CountingTransport(late: 2)
        #expect(await self.send(LimitedTransport(platform, limits: limits), self.call("read")) == nil)
        #expect(platform.calls.withLock { $0.count } == 1)
        let account = try #require(self.caller.account)
        #expect(try await limits.store.limits(of: [.account(account)], clients: [:]).map(\.used) == [3])
    }

    @Test("what an answer says is left keeps the next call back")
    func reported() async throws {
        let limits = try await self.limits(
            RateBucket(endpoint: "read", scope: .account, calls: 900, window: .seconds(900)))
        let reset = String(Int(Self.start.timeIntervalSince1970) + 300)
        var headers: HTTPFields = [:]
        for (name, value) in [
            ("X-RateLimit-Limit", "450"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset),
        ] {
            headers[try #require(HTTPField.Name(name))] = value
        }
        let transport = LimitedTransport(
            CountingTransport(headers: headers), limits: limits, reporter: MockPlugin.self)
        #expect(await self.send(transport, self.call("read")) == nil)
        let error = try #require(await self.send(transport, self.call("read")))
        #expect(try #require(error.limit).pause >= .seconds(300))
        let account = try #require(self.caller.account)
        let view = try #require(try await limits.store.limits(of: [.account(account)], clients: [:]).first)
        #expect(view.calls == 450 && view.source == .platform && view.platformRest == 0)
    }

    @Test(
        "a share of the limit of ads' numbers lets only their calls wait, for the app or the account",
        arguments: [("app_id_util_pct", 90, 16), ("acc_id_util_pct", 90, 16), ("acc_id_util_pct", 100, 60)])
    func insightsShares(name: String, share: Int, seconds: Int) async throws {
        let limits = try await self.limits()
        let field = try #require(HTTPField.Name("X-FB-Ads-Insights-Throttle"))
        let transport = LimitedTransport(
            CountingTransport(headers: [field: #"{"\#(name)":\#(share)}"#]), limits: limits,
            reporter: FacebookPlugin.self)
        #expect(await self.send(transport, self.call("insights")) == nil)
        let refusal = await self.send(transport, self.call("insights"))
        #expect(refusal?.limit?.pause == .seconds(seconds))
        #expect(refusal?.limit?.endpoint == "insights")
        // Posts go on: the lane is open, and so is every other endpoint.
        #expect(try await limits.store.gates().allSatisfy { $0.endpoint == "insights" })
        #expect(await self.send(transport, self.call("feed")) == nil)
    }

    @Test("what X says is left of an ad account keeps the next call back, in the window of the endpoint")
    func adAccountRest() async throws {
        let limits = try await self.limits()
        let reset = String(Int(Self.start.timeIntervalSince1970) + 300)
        var headers: HTTPFields = [:]
        for (name, value) in [("limit", "250"), ("remaining", "0"), ("reset", reset)] {
            headers[try #require(HTTPField.Name("x-account-rate-limit-\(name)"))] = value
        }
        let transport = LimitedTransport(CountingTransport(headers: headers), limits: limits, reporter: XPlugin.self)
        let stats = "GET /12/stats/accounts/:id"
        #expect(await self.send(transport, self.call(stats)) == nil)
        let refusal = try #require(await self.send(transport, self.call(stats)))
        #expect(try #require(refusal.limit).pause >= .seconds(300))
        let account = try #require(self.caller.account)
        let view = try #require(try await limits.store.limits(of: [.account(account)]).first)
        #expect(view.calls == 250 && view.key.window == .seconds(900) && view.source == .platform)
    }

    @Test(
        "a share of a limit lets calls wait: a little from 75 % on, and at 100 % as long as the platform says",
        arguments: [(74, nil), (80, 6), (100, 600)] as [(Int, Int?)])
    func shares(share: Int, seconds: Int?) async throws {
        let limits = try await self.limits()
        let account = try #require(self.caller.account)
        let field = try #require(HTTPField.Name("X-Business-Use-Case-Usage"))
        let said = #"{"1":[{"type":"pages","call_count":\#(share),"estimated_time_to_regain_access":10}]}"#
        let transport = LimitedTransport(
            CountingTransport(headers: [field: said]), limits: limits, reporter: FacebookPlugin.self)
        #expect(await self.send(transport, self.call("read")) == nil)
        let gate = try await limits.store.gates().first { $0.scope == .account(account) }
        #expect(gate?.until == seconds.map { Self.start.addingTimeInterval(Double($0)) })
        let refusal = await self.send(transport, self.call("read"))
        #expect(refusal?.limit?.pause == seconds.map { .seconds($0) })
        if seconds != nil { #expect(gate?.reason.contains("\(share) %") == true) }
    }
}
