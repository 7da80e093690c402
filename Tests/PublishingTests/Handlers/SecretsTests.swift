// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct SecretsTests {
    @Test("sealed tokens open with the same key and at the same place only")
    func boundToPlace() throws {
        let keys = try SecretKeys(SecretKeys.generate())
        let sealed = try keys.seal(Data("secret".utf8), place: "grant:a")
        #expect(try keys.open(sealed, place: "grant:a") == Data("secret".utf8))
        #expect(throws: SecretError.self) { try keys.open(sealed, place: "grant:b") }
        let other = try SecretKeys(SecretKeys.generate())
        #expect(throws: SecretError.self) { try other.open(sealed, place: "grant:a") }
    }

    @Test("a new key seals while the old one still opens")
    func rotation() throws {
        let old = SecretKeys.generate()
        let sealed = try SecretKeys("a:\(old)").seal(Data("secret".utf8), place: "p")
        let rotated = try SecretKeys("b:\(SecretKeys.generate()), a:\(old)")
        #expect(rotated.currentID == "b")
        #expect(try rotated.open(sealed, place: "p") == Data("secret".utf8))
    }

    @Test("a malformed key is refused without being shown")
    func malformedKey() {
        let error = #expect(throws: SecretError.self) { try SecretKeys("c2hvcnQ=") }
        #expect(error?.description.contains("c2hvcnQ") == false)
    }

    @Test("no token stands in the database in clear")
    func nothingInClear() async throws {
        let agency = try await AgencyFixture()
        let sealed: Data? = try await agency.pool.query("SELECT sealed FROM access_grant").first?.get("sealed")
        let bytes = try #require(sealed)
        #expect(bytes.range(of: Data("token-1".utf8)) == nil)
    }

    @Test("many callers with a dying token cause one refresh")
    func singleFlight() async throws {
        let agency = try await AgencyFixture()
        let before = try await agency.services.accesses.access(
            client: agency.client, account: agency.account, for: "publish")
        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do {
                        let access = try await agency.services.accesses.renewAfterRefusal(
                            before, client: agency.client, capability: "publish")
                        return access.access.tokens.accessToken.revealed
                    } catch { return (error as? PluginError)?.code.description ?? "\(error)" }
                }
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(agency.platform.state.withLock { $0.refreshes } == 1)
        #expect(outcomes.isSubset(of: ["token-2", "retry-after"]))
        #expect(outcomes.contains("token-2"))
    }

    @Test("a token is renewed as long before its end as its platform needs", arguments: [86_400, 86_400 * 364])
    func renewBefore(seconds: Int) async throws {
        // The token ends in 365 days.
        let agency = try await AgencyFixture(renewBefore: .seconds(seconds + 1))
        for (pause, refreshes) in [(86_400 * 365 - seconds - 10, 0), (10, 1)] {
            try await agency.advance(.seconds(pause))
            _ = try await agency.services.accesses.access(
                client: agency.client, account: agency.account, for: "publish")
            #expect(agency.platform.state.withLock { $0.refreshes } == refreshes)
        }
    }
}
