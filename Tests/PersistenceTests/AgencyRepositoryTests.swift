// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@Suite(.postgresSchema)
struct AgencyRepositoryTests {
    @Test("a slug in use is a typed conflict that leaves the transaction usable")
    func nameTaken() async throws {
        let tables = try await AgencyTables()
        try await tables.pool.withTransaction { db in
            let twin = ClientRow(slug: tables.client.slug, name: "Twin", timeZone: "UTC", currency: .eur)
            let error = await #expect(throws: PersistenceError.self) {
                try await ClientRepository.insert(twin, on: &db)
            }
            #expect(error?.code == .nameTaken)
            let clients = try await ClientRepository.list(on: &db)
            #expect(clients.count == 1)
        }
    }

    @Test("an identity is claimed by one account, again by the same one, and given up")
    func identity() async throws {
        let tables = try await AgencyTables()
        var twin = tables.account
        twin.id = AccountID()
        twin.slug = try AgencyTables.slug("twin")
        let other = twin
        try await tables.pool.withTransaction { db in
            try await AccountRepository.insert(other, on: &db)
            try await PlatformIdentities.claim(tables.account, on: &db)
            try await PlatformIdentities.claim(tables.account, on: &db)
            let error = await #expect(throws: PersistenceError.self) {
                try await PlatformIdentities.claim(other, on: &db)
            }
            #expect(error?.code == .identityTaken)
            #expect(error?.holder?.client == tables.client.id)
            #expect(error?.holder?.account == tables.account.id)
            try await PlatformIdentities.release(tables.account.id, of: tables.client.id, on: &db)
            try await PlatformIdentities.claim(other, on: &db)
        }
    }

    @Test("the same state again leaves no line in the history")
    func sameState() async throws {
        let tables = try await AgencyTables()
        try await tables.pool.withTransaction { db in
            for _ in 0..<2 {
                try await ClientRepository.setState(tables.client.id, to: .paused, actor: "test", reason: nil, on: &db)
            }
            let history = try await StateChanges.list([tables.client.id.uuid], of: tables.client.id, on: &db)
            #expect(history.map(\.to) == ["paused"])
        }
    }

    @Test("a revision follows the one before it, or somebody was faster")
    func revision() async throws {
        let tables = try await AgencyTables()
        try await tables.pool.withTransaction { db in
            try await PostRepository.advance(tables.target.post, of: tables.client.id, to: 2, on: &db)
            let error = await #expect(throws: PersistenceError.self) {
                try await PostRepository.advance(tables.target.post, of: tables.client.id, to: 2, on: &db)
            }
            #expect(error?.code == .changedMeanwhile)
        }
    }

    @Test("a cap keeps its currency while money is booked in it")
    func capCurrency() async throws {
        let tables = try await AgencyTables()
        let month = try #require(CalendarMonth("2026-11"))
        let boost = BoostRow(
            client: tables.client.id, account: tables.account.id, adAccount: nil, publication: nil,
            target: tables.target.id,
            objective: "reach", audience: .init(), budget: Money(minorUnits: 700, currency: .eur),
            budgetKind: .lifetime,
            startsAt: Date(timeIntervalSince1970: 1_800_000_000), endsAt: Date(timeIntervalSince1970: 1_800_100_000),
            mostMinorUnits: 700, campaign: "", state: .waiting, createdBy: "test")
        try await tables.pool.withTransaction { db in
            try await BoostRepository.insert(boost, on: &db)
            func set(_ money: Money, _ db: inout Transaction) async throws {
                try await BudgetRepository.setCap(
                    money, client: tables.client.id, campaign: "", month: month, timeZone: "UTC", actor: "test", on: &db
                )
            }
            try await set(Money(minorUnits: 1000, currency: .eur), &db)
            for (kind, amount) in [("reserve", 700), ("commit", 700), ("spend", 300), ("release", 400)] {
                try await db.execute(
                    """
                    INSERT INTO ledger_entry (client_id, boost_id, month, kind, amount_minor, currency, actor, reason)
                    VALUES (\(tables.client.id), \(boost.id), '2026-11-01', \(kind), \(Int64(amount)), 'EUR', 'test', 'test')
                    """)
            }
            let rows = try await BudgetRepository.list(of: tables.client.id, on: &db)
            let row = try #require(rows.first)
            #expect([row.reserved, row.committed, row.spent, row.released, row.used] == [700, 700, 300, 400, 300])
            let usd = try #require(Currency(rawValue: "USD"))
            let error = await #expect(throws: PersistenceError.self) {
                try await set(Money(minorUnits: 1, currency: usd), &db)
            }
            #expect(error?.code == .changedMeanwhile)
            let entries = try await BudgetRepository.entries(of: tables.client.id, boost: boost.id, on: &db)
            #expect(entries.map(\.kind) == ["reserve", "commit", "spend", "release"])
        }
    }

    @Test(
        "months are read and printed as YYYY-MM",
        arguments: [
            ("2026-11", true), ("2026-11-01", true), ("2026-13", false), ("26-11", false), ("2026-11-02", false),
        ])
    func month(_ text: String, isMonth: Bool) {
        #expect(CalendarMonth(text)?.description == (isMonth ? "2026-11" : nil))
    }
}
