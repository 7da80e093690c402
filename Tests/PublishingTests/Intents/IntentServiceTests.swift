// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

extension AgencyFixture {
    var intents: IntentService {
        IntentService(pool: self.pool, jobs: self.services.jobs, registry: self.services.registry)
    }

    /// A target whose only send was lost, with its effect unknown.
    func lost(_ texts: [String] = ["hello"], _ answers: [FakePlatform.Answer] = [.lose]) async throws -> TargetID {
        let target = try await self.plan(texts)
        self.platform.state.withLock { $0.answers = answers }
        _ = try await self.work(PublishHandler(services: self.services))
        return target
    }
}

@Suite(.postgresSchema)
struct IntentServiceTests {
    @Test("what is unknown is listed with the names a person knows it by, and is found by every name it has")
    func lists() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.lost()
        let intent = try #require(try await agency.intents.list().first)
        #expect(intent.id == "publish:\(target)" && intent.client == "acme" && intent.account == "fake")
        #expect(intent.content == "hello" && intent.effect.state == .unknown && intent.nextLook != nil)
        #expect(try await agency.intents.list(client: "acme").count == 1)
        for name in [intent.id, "\(intent.id)#0", target.description, intent.effect.job.description] {
            #expect(try await agency.intents.show(name).sends.map(\.outcome) == ["unknown"])
        }
        for name in ["\(intent.id)#1", "\(intent.id)#x", "publish:\(TargetID())", "nonsense"] {
            await #expect(throws: ServiceError.self) { try await agency.intents.show(name) }
        }
        #expect(try await agency.intents.list(.confirmed).isEmpty)
    }

    @Test("confirmed by a person, it is published as if the answer had been heard, and its job ends without a send")
    func confirmed() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.lost()
        let detail = try await agency.intents.resolve(
            "publish:\(target)", as: .confirmed("https://fake.test/acme/77"), actor: "cli:ann", reason: "seen")
        #expect(detail.intent.effect.state == .confirmed && detail.intent.effect.resolvedBy == "cli:ann")
        #expect(try await agency.state(of: target) == "published")
        #expect(
            try await agency.text("SELECT remote_id || ' ' || url FROM publication") == "77 https://fake.test/acme/77")
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-metrics'") == 7)
        let said = try await agency.text(
            """
            SELECT actor || ' ' || from_state || ' ' || to_state || ' ' || reason FROM state_change
            WHERE subject_id = \(target) ORDER BY change_id DESC LIMIT 1
            """)
        #expect(said == "cli:ann unknown published confirmed as 77: seen")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.calls } == 1)
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM publication") == 1)
    }

    @Test("absent by a person's word, it is sent again under the next number")
    func absent() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.lost()
        _ = try await agency.intents.resolve(target.description, as: .absent, actor: "cli:ann", reason: "looked")
        #expect(try await agency.state(of: target) == "planned")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.count("SELECT send_no::bigint FROM effect") == 2)
        #expect(try await agency.state(of: target) == "published")
        let sends = try await agency.intents.show(target.description).sends.map(\.outcome)
        #expect(sends == ["absent", "confirmed"])
        #expect(try await agency.services.jobs.audit().violations.isEmpty)
    }

    @Test("a thread of which one post is confirmed by a person goes on behind it")
    func thread() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.lost(["one", "two", "three"], [.accept, .lose])
        #expect(try await agency.intents.show(target.description).intent.effect.part == 1)
        _ = try await agency.intents.resolve(target.description, as: .confirmed("9"), actor: "cli:ann", reason: "seen")
        #expect(try await agency.state(of: target) == "planned")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.posts.map(\.text) } == ["one", "three"])
        #expect(try await agency.text("SELECT parts -> 1 ->> 'id' FROM publication") == "9")
    }

    @Test("what is known, or is something else's, is not settled by anybody")
    func conflicts() async throws {
        let agency = try await AgencyFixture()
        let first = try await agency.plan("first")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        let second = try await agency.lost(["second"])
        func code(_ target: TargetID, _ decision: IntentDecision) async throws -> ServiceError.Code? {
            await #expect(throws: ServiceError.self) {
                try await agency.intents.resolve(target.description, as: decision, actor: "cli:ann", reason: "r")
            }?.code
        }
        #expect(try await code(first, .absent) == .conflict)
        #expect(try await code(second, .confirmed("post-1")) == .conflict)
        #expect(try await code(second, .confirmed("https://")) == .invalid)
        #expect(try await code(second, .confirmed("two words")) == .invalid)
        #expect(try await agency.intents.show(second.description).intent.effect.state == .unknown)
        await #expect(throws: ServiceError.self) { try await agency.intents.reconcile(first.description) }
    }

    @Test("a look that is asked for is due now")
    func reconcile() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.lost()
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["deferred"])
        #expect(try await agency.intents.show(target.description).intent.look?.state == .scheduled)
        let detail = try await agency.intents.reconcile(target.description)
        #expect(detail.intent.look?.state == .ready)
        #expect(try await agency.work(PublishHandler(services: agency.services)) == [])
    }

    @Test(
        "a look that is held is taken again when somebody asks for one, whatever it waits for",
        arguments: [HoldReason.unknownOutcome, "needs-human"])
    func reconcileHeld(reason: String) async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.lost(["hello"], [.acceptAndLose])
        agency.platform.state.withLock { state in
            if reason == HoldReason.unknownOutcome {
                state.findings = [.undecidable("two posts are alike")]
            } else {
                state.findError = PluginError(.needsHuman, "the account must be unlocked")
            }
        }
        try await agency.advance(.seconds(86_400))
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["held"])
        let look = try await agency.intents.show(target.description).intent.look
        #expect(look?.state == .held && look?.reason == reason)
        agency.platform.state.withLock { $0.findError = nil }
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == [])

        let detail = try await agency.intents.reconcile(target.description)
        #expect(detail.intent.look?.state != .held && detail.intent.nextLook != nil)
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(try await agency.services.jobs.audit().violations.isEmpty)
    }

    @Test("a campaign is named by its id alone: the end of an ads manager's address is another thing")
    func campaigns() throws {
        let boost = IntentSubject.boost(BoostID())
        #expect(try IntentService.remote("23857", boost) == RemotePost(id: "23857"))
        for text in ["https://adsmanager.example/manage/campaigns?selected_campaign_ids=23857", "campaigns/23857"] {
            let error = #expect(throws: ServiceError.self) { try IntentService.remote(text, boost) }
            #expect(error?.code == .invalid && error?.message.contains("id of the campaign") == true)
        }
    }

    @Test("an address names a post by the last step of its path, an identity by itself")
    func references() throws {
        let post = IntentSubject.target(TargetID())
        #expect(try IntentService.remote("https://x.com/acme/status/12?s=20", post).id == "12")
        #expect(try IntentService.remote("https://x.com/acme/status/12/", post).id == "12")
        #expect(try IntentService.remote(" 12 ", post) == RemotePost(id: "12"))
        for text in ["", "a b", "a/b", "ftp://x/1", "https://x.com", "https://x.com/"] {
            #expect(throws: ServiceError.self) { try IntentService.remote(text, post) }
        }
    }
}
