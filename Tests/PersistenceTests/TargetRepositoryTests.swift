// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import TestSupport
import Testing

@Suite(.postgresSchema)
struct TargetRepositoryTests {
    private func change(
        _ tables: AgencyTables, from: Set<TargetState>, to: TargetState, generation: Int? = nil,
        failure: TargetFailure? = nil
    ) async throws -> TargetState? {
        try await tables.pool.withTransaction { db in
            try await TargetRepository.transition(
                TargetTransition(
                    client: tables.client.id, target: tables.target.id, from: from, to: to, generation: generation,
                    actor: "test",
                    reason: "why", failure: failure), on: &db)
        }
    }

    private func history(_ tables: AgencyTables) async throws -> [String] {
        try await tables.pool.withConnection { db in
            try await StateChanges.list([tables.target.id.uuid], of: tables.client.id, on: &db).map {
                "\($0.from ?? "") \($0.to) \($0.actor) \($0.reason ?? "")"
            }
        }
    }

    @Test("a target comes back as it was written, by client and by identity alone")
    func roundTrip() async throws {
        let tables = try await AgencyTables()
        let (one, other) = try await tables.pool.withConnection { db in
            (
                try await TargetRepository.find(tables.target.id, of: tables.client.id, on: &db),
                try await TargetRepository.find(tables.target.id, on: &db)
            )
        }
        #expect(one == tables.target)
        #expect(other == tables.target)
    }

    @Test("a state changes only from the states that are named, and leaves a line in the history")
    func transition() async throws {
        let tables = try await AgencyTables()
        #expect(try await self.change(tables, from: [.draft], to: .publishing) == nil)
        #expect(try await self.change(tables, from: [.planned, .waiting], to: .publishing) == .planned)
        #expect(try await self.change(tables, from: [.planned], to: .publishing) == nil)
        #expect(try await self.history(tables) == ["planned publishing test why"])
    }

    @Test("work for an older plan changes nothing")
    func generation() async throws {
        let tables = try await AgencyTables()
        let moved = try await tables.pool.withTransaction { db in
            try await TargetRepository.move(
                tables.target.id, of: tables.client.id, dueAt: Date(timeIntervalSince1970: 1_900_000_000), planned: nil,
                from: [.planned], actor: "test", reason: "later", on: &db)
        }
        #expect(moved == 2)
        #expect(try await self.change(tables, from: [.planned], to: .publishing, generation: 1) == nil)
        #expect(try await self.change(tables, from: [.planned], to: .publishing, generation: 2) == .planned)
    }

    @Test("why a target failed is kept until it changes again")
    func failure() async throws {
        let tables = try await AgencyTables()
        let failure = TargetFailure(code: "permanent", message: "too long", nextAction: "shorten it")
        _ = try await self.change(tables, from: [.planned], to: .failed, failure: failure)
        let failed = try await tables.pool.withConnection { db in
            try await TargetRepository.find(tables.target.id, on: &db)
        }
        #expect(failed?.failure == failure)
        _ = try await self.change(tables, from: [.failed], to: .planned)
        let again = try await tables.pool.withConnection { db in
            try await TargetRepository.find(tables.target.id, on: &db)
        }
        #expect(again?.failure == nil)
    }

    @Test("a target has one publication, and the same remote identity is recorded once")
    func publication() async throws {
        let tables = try await AgencyTables()
        func row(_ remoteID: String) -> PublicationRow {
            PublicationRow(
                client: tables.client.id, account: tables.account.id, platform: "mock", target: tables.target.id,
                remoteID: remoteID,
                publishedAt: Date(timeIntervalSince1970: 1_800_000_000))
        }
        let first = try await tables.pool.withTransaction { db in
            try await PublicationRepository.record(row("r1"), on: &db)
        }
        let again = try await tables.pool.withTransaction { db in
            try await PublicationRepository.record(row("r1"), on: &db)
        }
        #expect(first.isNew)
        #expect(!again.isNew)
        #expect(first.id == again.id)
        let error = await #expect(throws: PQError.self) {
            try await tables.pool.withTransaction { db in try await PublicationRepository.record(row("r2"), on: &db) }
        }
        #expect(error?.sqlState == .uniqueViolation)
    }
}
