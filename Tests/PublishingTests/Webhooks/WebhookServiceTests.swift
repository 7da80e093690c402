// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

/// What platforms tell, over a real database.
@Suite(.postgresSchema)
struct WebhookServiceTests {
    private func service(_ agency: AgencyFixture) throws -> WebhookService {
        let registry = agency.services.registry
        return WebhookService(
            pool: agency.pool, jobs: agency.services.jobs, registry: registry,
            keys: try SecretKeys(SecretKeys.generate()), vault: agency.vault,
            accesses: AccessProvider(
                pool: agency.pool, vault: agency.vault, registry: registry,
                apps: [agency.platformID: WebhookSignatureTests.app]))
    }

    private func agency(_ platform: String, externalID: String = "1") async throws -> AgencyFixture {
        try await AgencyFixture(plugin: WebhookSignatureTests.plugin(platform), externalID: externalID)
    }

    private func publication(_ remoteID: String, _ agency: AgencyFixture) async throws {
        try await agency.pool.execute(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin)
            VALUES (\(agency.client), gen_random_uuid(), \(agency.account), \(agency.platformID), \(remoteID), world_now(),
                    'external')
            """)
    }

    @Test("a comment that a Page is told of is noted, and read by one job however often it is delivered")
    func comment() async throws {
        let agency = try await self.agency("facebook")
        try await self.publication("1_22", agency)
        let sample = WebhookSignatureTests.samples[0]
        let service = try self.service(agency)
        #expect(try await service.receive(sample.delivery(), platform: "facebook") == .accepted(events: 1, jobs: 1))
        for _ in 0..<3 {
            #expect(try await service.receive(sample.delivery(), platform: "facebook") == .repeated)
        }
        #expect(
            try await agency.text(
                """
                SELECT comment.remote_id || ' of ' || publication.remote_id FROM comment
                JOIN publication USING (client_id, publication_id)
                """) == "22_9 of 1_22")
        #expect(
            try await agency.count(
                "SELECT (SELECT count(*) FROM job_ready WHERE kind = 'fetch-comment') + (SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-comment')"
            ) == 1)
    }

    @Test("what is forged leaves nothing behind, and what nobody connected is stored and starts nothing")
    func forged() async throws {
        let agency = try await self.agency("facebook", externalID: "2")
        let service = try self.service(agency)
        let sample = WebhookSignatureTests.samples[0]
        #expect(
            try await service.receive(sample.delivery(body: sample.body + " "), platform: "facebook")
                == .refused(.forged))
        #expect(try await agency.count("SELECT count(*) FROM webhook_delivery") == 0)
        #expect(try await service.receive(sample.delivery(), platform: "mock") == .unknown)
        #expect(try await service.receive(sample.delivery(), platform: "facebook") == .accepted(events: 1, jobs: 0))
        #expect(try await agency.count("SELECT count(*) FROM comment") == 0)
    }

    @Test("a permission that was taken away stops the account until a person connects it again")
    func authorizationRemoved() async throws {
        let agency = try await self.agency("tiktok")
        let sample = WebhookSignatureTests.samples[4]
        try await agency.pool.execute("UPDATE access_grant SET created_at = '2026-03-01', refreshed_at = NULL")
        _ = try await self.service(agency).receive(sample.delivery(), platform: "tiktok")
        let state = try await agency.text("SELECT state || ': ' || state_reason FROM account")
        #expect(state == "needs-reconnect: the owner or TikTok took the permission away (reason 1)")
    }

    @Test(
        "news of a permission that was taken away before the account was connected again, or while it is paused, change nothing",
        arguments: [("2026-03-04", "active"), ("2026-03-01", "paused")])
    func lateRemoval(grant: String, state: String) async throws {
        let agency = try await self.agency("tiktok")
        try await agency.pool.execute(
            "UPDATE access_grant SET created_at = \(grant)::text::timestamptz, refreshed_at = NULL")
        try await agency.pool.execute("UPDATE account SET state = \(state)")
        _ = try await self.service(agency).receive(WebhookSignatureTests.samples[4].delivery(), platform: "tiktok")
        #expect(try await agency.text("SELECT state FROM account") == state)
    }

    @Test("what TikTok has finished is looked at now, not at its next turn")
    func publishing() async throws {
        let agency = try await self.agency("tiktok")
        let target = try await agency.plan("a film")
        try await agency.pool.execute("UPDATE target SET state = 'processing'")
        try await agency.pool.execute(
            """
            UPDATE target SET job_id = job.job_id
            FROM (SELECT job_id FROM job_ready UNION ALL SELECT job_id FROM job_scheduled) AS job
            """)
        let job: JobID = try #require(
            try await agency.pool.query("SELECT job_id FROM target WHERE target_id = \(target)").first?.get("job_id"))
        let later = try await WorldStore(pool: agency.pool).now().addingTimeInterval(3_600)
        try await agency.services.jobs.reschedule(job, client: agency.client, to: later)
        let sample = WebhookSignatureTests.samples[3]
        #expect(
            try await self.service(agency).receive(sample.delivery(), platform: "tiktok")
                == .accepted(events: 2, jobs: 1))
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE due_at <= world_now()") == 1)
    }

    @Test(
        "with two apps of X a question is answered under the secret of the one that its address names, and never without a name"
    )
    func twoApps() async throws {
        let agency = try await self.agency("x")
        let service = try self.service(agency)
        let question = WebhookDelivery(
            isQuestion: true, query: ["crc_token": "tok"], receivedAt: WebhookSignatureTests.now)
        let own = WebhookReply(
            contentType: "application/json",
            body: #"{"response_token":"sha256=DHmV6N1riK/79YmnRHCeED+5h4g5HDnoMlI5GkqTtbs="}"#)
        #expect(try await service.receive(question, platform: "x") == .reply(own))
        let second = AppRow(platform: "x", name: "second", externalID: "c2")
        try await AppService(
            pool: agency.pool, registry: agency.services.registry, keys: agency.vault.keys
        ).add(second, secret: Secret("other-secret"))
        #expect(try await service.receive(question, platform: "x") == .ambiguous)
        #expect(try await service.receive(question, platform: "x", app: "agency") == .reply(own))
        let code = Data(WebhookSignature.sign(Array("tok".utf8), secret: Secret("other-secret"))).base64EncodedString()
        let other = WebhookReply(
            contentType: "application/json", body: #"{"response_token":"sha256=\#(code)"}"#)
        for name in ["second", "c2", "\(second.id)"] {
            #expect(try await service.receive(question, platform: "x", app: name) == .reply(other))
        }
        #expect(try await service.receive(question, platform: "x", app: "third") == .unknown)
        let sample = WebhookSignatureTests.samples[2]
        #expect(try await service.receive(sample.delivery(), platform: "x", app: "second") == .refused(.forged))
        #expect(try await service.receive(sample.delivery(), platform: "x") == .accepted(events: 1, jobs: 1))
    }

    @Test(
        "bodies go after a week; what came is remembered until it cannot come again, and one that says no time for ever",
        arguments: [("facebook", 0, true), ("tiktok", 4, true), ("x", 2, false)])
    func forget(_ platform: String, _ sample: Int, _ isDated: Bool) async throws {
        let agency = try await self.agency(platform)
        let service = try self.service(agency)
        let delivery = WebhookSignatureTests.samples[sample].delivery()
        let platform = agency.platformID
        _ = try await service.receive(delivery, platform: platform)
        let retention = WebhookRetention(registry: agency.services.registry)
        func round() async throws -> Int {
            try await agency.pool.withTransaction { db in try await retention.round(on: &db).count }
        }
        try await agency.advance(.seconds(7 * 86_400 - 60))
        #expect(try await round() == 0)
        #expect(try await service.receive(delivery, platform: platform) == .repeated)
        try await agency.advance(.seconds(120))
        #expect(try await round() == 1)
        #expect(try await agency.count("SELECT count(*) FROM webhook_delivery WHERE body IS NOT NULL") == 0)
        if !isDated {
            try await agency.advance(.seconds(1_000 * 86_400))
            #expect(try await round() == 0)
            #expect(try await service.receive(delivery, platform: platform) == .repeated)
        }
        #expect(try await agency.count("SELECT count(*) FROM webhook_delivery") == (isDated ? 0 : 1))
        #expect(try await round() == 0)
    }
}
