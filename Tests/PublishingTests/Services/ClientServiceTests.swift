// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Persistence
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct ClientServiceTests {
    @Test("a client is added with its brand and shown by slug and by identity")
    func add() async throws {
        let fixture = try await ServiceFixture(seeded: false)
        let new = NewClient(slug: "acme", name: "Acme Shoes", timeZone: "Europe/Berlin", currency: "chf", weight: 3)
        let client = try await fixture.clients.add(new, actor: ServiceFixture.actor)
        #expect(client.currency.rawValue == "CHF")
        #expect(client.createdAt == ServiceFixture.now)
        #expect(try await fixture.clients.show(client.id.description).client == client)
        #expect(try await fixture.text("SELECT name FROM brand") == "Acme Shoes")
        #expect(try await fixture.clients.list().map(\.slug.rawValue) == ["acme"])
    }

    @Test("what happens to unknown sends is the client's own, and every change of it is on record")
    func policy() async throws {
        let fixture = try await ServiceFixture()
        #expect(try await fixture.client().onUnknown == .hold)
        for _ in 0..<2 {
            let client = try await fixture.clients.setPolicy(
                "acme", onUnknown: .resend, actor: "cli:ada", reason: "stories")
            #expect(client.onUnknown == .resend)
        }
        let said = try await fixture.text(
            "SELECT string_agg(actor || ': ' || reason, '; ') FROM state_change WHERE reason LIKE 'on-unknown%'")
        #expect(said == "cli:ada: on-unknown hold → resend: stories")
        let added = try await fixture.clients.add(
            NewClient(slug: "globex", timeZone: "UTC", onUnknown: .resend), actor: "cli:ada")
        #expect(added.onUnknown == .resend)
    }

    @Test("a client's weight reaches the queue when it is added and when it is changed, and a change is on record")
    func weight() async throws {
        let fixture = try await ServiceFixture(seeded: false)
        let inQueue: Statement = "SELECT coalesce(sum(weight), 0)::text FROM client_policy"
        _ = try await fixture.clients.add(
            NewClient(slug: "acme", timeZone: "UTC", weight: 3), actor: ServiceFixture.actor)
        #expect(try await fixture.text(inQueue) == "3")
        for _ in 0..<2 {
            let client = try await fixture.clients.setWeight("acme", 1, actor: "cli:ada", reason: "small again")
            #expect(client.weight == 1)
        }
        #expect(try await fixture.text(inQueue) == "0")
        let said = try await fixture.text(
            "SELECT string_agg(actor || ': ' || reason, '; ') FROM state_change WHERE reason LIKE 'weight%'")
        #expect(said == "cli:ada: weight 3 → 1: small again")
    }

    @Test(
        "a wrong client is refused with what would be right",
        arguments: [
            (NewClient(slug: "Acme Shoes", timeZone: "Europe/Berlin"), "lower-case"),
            (NewClient(slug: "acme", timeZone: "Europe/Berln"), "Europe/Berlin"),
            (NewClient(slug: "acme", timeZone: "UTC", currency: "EURO"), "ISO 4217"),
            (NewClient(slug: "acme", timeZone: "UTC", weight: 0), "1 to 100"),
        ])
    func refuse(_ new: NewClient, _ hint: String) async throws {
        let fixture = try await ServiceFixture(seeded: false)
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.clients.add(new, actor: ServiceFixture.actor)
        }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains(hint) == true)
        #expect(try await fixture.count("client") == 0)
    }

    @Test("a slug is taken once")
    func conflict() async throws {
        let fixture = try await ServiceFixture()
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.clients.add(NewClient(slug: "acme", timeZone: "UTC"), actor: ServiceFixture.actor)
        }
        #expect(error?.code == .conflict)
    }

    @Test("an unknown client is answered with the nearest one")
    func suggestion() async throws {
        let fixture = try await ServiceFixture()
        let error = await #expect(throws: ServiceError.self) { try await fixture.clients.show("acmee") }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("Did you mean 'acme'?") == true)
    }

    @Test("pausing a client pauses its queue work and says who, when and why; resuming ends it")
    func pause() async throws {
        let fixture = try await ServiceFixture()
        let paused = try await fixture.clients.pause("acme", actor: "cli:ada", reason: "late payment")
        #expect(paused.state == .paused)
        #expect(
            try await fixture.text("SELECT paused_by || ': ' || reason FROM queue_control") == "cli:ada: late payment")
        #expect(
            try await fixture.text(
                "SELECT actor || ' ' || from_state || ' ' || to_state || ' ' || reason FROM state_change WHERE from_state = 'active'"
            )
                == "cli:ada active paused late payment")
        _ = try await fixture.clients.pause("acme", actor: "cli:bob", reason: nil)
        #expect(try await fixture.text("SELECT paused_by FROM queue_control") == "cli:ada")
        let resumed = try await fixture.clients.resume("acme", actor: "cli:ada", reason: nil)
        #expect(resumed.state == .active)
        #expect(try await fixture.count("queue_control") == 0)
    }
}
