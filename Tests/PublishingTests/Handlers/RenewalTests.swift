// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("Renewing tokens", .postgresSchema)
struct RenewalTests {
    private static func grant(_ agency: AgencyFixture) async throws -> Grant {
        let id: GrantID = try #require(
            try await agency.pool.query("SELECT grant_id FROM account_grant WHERE capability = 'publish'").first?.get(0)
        )
        return try #require(try await agency.pool.withConnection { db in try await agency.vault.load(id, on: &db) })
    }

    private static func access(_ agency: AgencyFixture) async throws -> GrantedAccess {
        try await agency.services.accesses.access(client: agency.client, account: agency.account, for: "publish")
    }

    /// Lets the token end.
    private static func end(_ agency: AgencyFixture) async throws {
        try await agency.advance(.seconds(86_400 * 366))
    }

    /// Further tokens of the same account: another process with a pool of its own.
    private static func provider(_ agency: AgencyFixture, _ pool: ConnectionPool) -> AccessProvider {
        AccessProvider(pool: pool, vault: agency.vault, registry: agency.services.registry, apps: [:])
    }

    private static func reconnect(_ agency: AgencyFixture) async throws {
        let connection = AccountConnection(
            client: "acme", platform: "fake", externalID: "1",
            tokens: TokenSet(accessToken: Secret("new-1"), refreshToken: Secret("new-refresh")))
        _ = try await AccountService(
            pool: agency.pool, registry: agency.services.registry, vault: agency.vault,
            accesses: agency.services.accesses
        ).connect(connection, actor: "cli:ann")
    }

    /// A second account that hangs on the same grant.
    private static func addOther(_ agency: AgencyFixture) async throws {
        let other = AccountID()
        try await agency.pool.execute(
            """
            INSERT INTO account (client_id, account_id, brand_id, platform, external_id, slug, name, time_zone)
            VALUES (\(agency.client), \(other), \(agency.brand), 'fake', '2', 'other', 'Other', 'Europe/Berlin')
            """)
        try await agency.pool.execute(
            """
            INSERT INTO account_grant (client_id, account_id, capability, grant_id)
            SELECT client_id, \(other), capability, grant_id FROM account_grant
            """)
    }

    // MARK: Whose fault it is

    @Test(
        "an app that is not configured here, or refused, stops no account: the job waits, and goes on once that is mended",
        arguments: [PluginError.Code.needsHuman, .permanent])
    func faultOfApp(code: PluginError.Code) async throws {
        let agency = try await AgencyFixture()
        try await Self.end(agency)
        let target = try await agency.plan("hello")
        agency.platform.state.withLock {
            $0.refreshError = PluginError(code, "no client id here", nextAction: "Set it.", scope: .app)
        }
        let handler = PublishHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(try await agency.text("SELECT state FROM account") == "active")
        #expect(try await Self.grant(agency).state == .active)
        let error = await #expect(throws: PluginError.self) { try await Self.access(agency) }
        #expect(error?.code == .retryAfter && error?.scope == .app)
        #expect(error?.message.contains("no client id here") == true && error?.nextAction == "Set it.")
        #expect(try await agency.text("SELECT renewal_failure FROM access_grant") == "no client id here Set it.")

        agency.platform.state.withLock { $0.refreshError = nil }
        try await agency.advance(.seconds(60))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(try await agency.count("SELECT count(*) FROM access_grant WHERE renewal_failed_at IS NOT NULL") == 0)
    }

    @Test("a refresh token that is no longer accepted stops the account, in words that say so")
    func faultOfGrant() async throws {
        let agency = try await AgencyFixture()
        try await Self.end(agency)
        agency.platform.state.withLock { $0.refreshError = PluginError(.reauthorize, "invalid_grant") }
        let error = await #expect(throws: PluginError.self) { try await Self.access(agency) }
        #expect(error?.code == .reauthorize && error?.nextAction?.contains("account connect") == true)
        #expect(try await agency.text("SELECT state FROM account") == "needs-reconnect")
        #expect(try await agency.text("SELECT state_reason FROM account")?.contains("invalid_grant") == true)
    }

    // MARK: While the token lives

    @Test(
        "a token that lives is used when renewing it early fails, whatever was said, and is tried again after a pause",
        arguments: [PluginError.Code.retryAfter, .rateLimited, .permanent, .needsHuman, .reauthorize])
    func early(code: PluginError.Code) async throws {
        let agency = try await AgencyFixture(renewBefore: .seconds(86_400))
        try await agency.advance(.seconds(86_400 * 364 + 10))
        agency.platform.state.withLock { $0.refreshError = PluginError(code, "not now") }
        for _ in 1...2 {
            #expect(try await Self.access(agency).access.tokens.accessToken.revealed == "token-1")
            #expect(agency.platform.state.withLock { $0.refreshes } == 1)
        }
        #expect(try await agency.text("SELECT state FROM account") == "active")
        #expect(try await agency.text("SELECT state || renewal_failure FROM access_grant") == "activenot now")
        try await agency.advance(.seconds(3600))
        agency.platform.state.withLock { $0.refreshError = nil }
        #expect(try await Self.access(agency).access.tokens.accessToken.revealed == "token-3")
    }

    // MARK: Reconnected meanwhile

    @Test("a late refusal of the old token says nothing of the grant that was connected meanwhile")
    func reconnected() async throws {
        let agency = try await AgencyFixture()
        let old = try await Self.access(agency)
        try await Self.reconnect(agency)
        let new = try await agency.services.accesses.renewAfterRefusal(
            old, client: agency.client, capability: "publish")
        #expect(new.access.tokens.accessToken.revealed == "new-1" && new.grant != old.grant)
        #expect(agency.platform.state.withLock { $0.refreshes } == 0)
        #expect(try await agency.text("SELECT state FROM account") == "active")
        #expect(try await Self.grant(agency).state == .active)
    }

    @Test("an account that is connected again while its refused token is renewed goes on with the new one")
    func reconnectedInBetween() async throws {
        let agency = try await AgencyFixture()
        let old = try await Self.access(agency)
        agency.platform.state.withLock { $0.beforeRenewed = { try? await Self.reconnect(agency) } }
        let error = await #expect(throws: PluginError.self) {
            try await agency.services.accesses.renewAfterRefusal(old, client: agency.client, capability: "publish")
        }
        #expect(error?.code == .retryAfter)
        #expect(try await Self.access(agency).access.tokens.accessToken.revealed == "new-1")
        #expect(try await agency.text("SELECT state FROM account") == "active")
    }

    // MARK: Saving

    @Test(
        "new tokens are saved as soon as the database takes them: it is no standby, has room, is not locked or shut down",
        arguments: ["25006", "53100", "55P03", "57014", "57P01", "40001"])
    func patient(state: String) async throws {
        let agency = try await AgencyFixture()
        try await Self.refuseSaves(agency, with: state, times: 2)
        try await Self.end(agency)
        #expect(try await Self.access(agency).access.tokens.accessToken.revealed == "token-2")
        #expect(try await Self.grant(agency).tokens.refreshToken?.revealed == "refresh-2")
        #expect(agency.platform.state.withLock { $0.refreshes } == 1)
    }

    @Test("what can never be saved is not tried again")
    func hopeless() async throws {
        let agency = try await AgencyFixture()
        try await Self.refuseSaves(agency, with: "23514", times: 9)
        try await Self.end(agency)
        await #expect(throws: PQError.self) { try await Self.access(agency) }
        #expect(try await agency.count("SELECT last_value FROM save_fault") == 1)
    }

    /// Lets the database refuse to save tokens some times.
    private static func refuseSaves(_ agency: AgencyFixture, with state: String, times: Int) async throws {
        let raise = "RAISE EXCEPTION 'not now' USING ERRCODE = '\(state)'"
        try await agency.pool.execute("CREATE SEQUENCE save_fault")
        try await agency.pool.execute(
            Statement(
                sql: """
                    CREATE FUNCTION refuse_save() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        IF nextval('save_fault') <= \(times) THEN \(raise); END IF;
                        RETURN NEW;
                    END $$
                    """))
        try await agency.pool.execute(
            """
            CREATE TRIGGER refuse_save BEFORE UPDATE ON access_grant FOR EACH ROW
            WHEN (NEW.version > OLD.version) EXECUTE FUNCTION refuse_save()
            """)
    }

    @Test("no other process may try before call and saving are over")
    func lease() {
        let times = RenewalTimes()
        #expect(times.lease > times.call + times.saving)
    }

    @Test(
        "a grant that was taken for dead while it was renewed goes on, with the accounts and jobs that stopped for it")
    func savedAfterMark() async throws {
        let agency = try await AgencyFixture()
        try await Self.addOther(agency)
        try await agency.pool.execute(
            "UPDATE account SET state = 'needs-reconnect', state_reason = 'taken away' WHERE slug = 'other'")
        try await Self.end(agency)
        let grant = try await Self.grant(agency)
        let target = try await agency.plan("hello")
        let handler = PublishHandler(services: agency.services)
        agency.platform.state.withLock { state in
            state.beforeRenewed = {
                try? await agency.services.accesses.markNeedsReconnect(grant, reason: "invalid_grant")
                #expect((try? await agency.work(handler)) == ["held"])
            }
        }
        #expect(try await Self.access(agency).access.tokens.accessToken.revealed == "token-2")
        #expect(try await Self.grant(agency).state == .active)
        #expect(try await agency.text("SELECT state FROM account WHERE slug = 'fake'") == "active")
        // What stopped for another reason stays so.
        #expect(try await agency.text("SELECT state FROM account WHERE slug = 'other'") == "needs-reconnect")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
    }

    // MARK: Several processes

    @Test("processes with pools of their own renew a token once")
    func processes() async throws {
        let agency = try await AgencyFixture()
        let configuration = TestDatabase.required.configuration
        let before = try await Self.access(agency)
        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
                    let outcome: String
                    do {
                        let access = try await Self.provider(agency, pool).renewAfterRefusal(
                            before, client: agency.client, capability: "publish")
                        outcome = access.access.tokens.accessToken.revealed
                    } catch { outcome = (error as? PluginError)?.code.description ?? "\(error)" }
                    await pool.close()
                    return outcome
                }
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(agency.platform.state.withLock { $0.refreshes } == 1)
        #expect(outcomes.isSubset(of: ["token-2", "retry-after"]) && outcomes.contains("token-2"), "\(outcomes)")
    }

    @Test("after a death between answer and save the next one says what happened, and the account waits for a person")
    func death() async throws {
        let agency = try await AgencyFixture()
        try await agency.pool.execute(
            "UPDATE access_grant SET state = 'refreshing', refreshing_until = clock_timestamp() + interval '1 hour'")
        try await Self.end(agency)
        let busy = await #expect(throws: PluginError.self) { try await Self.access(agency) }
        #expect(busy?.code == .retryAfter && agency.platform.state.withLock { $0.refreshes } == 0)

        try await agency.pool.execute(
            "UPDATE access_grant SET refreshing_until = clock_timestamp() - interval '1 second'")
        agency.platform.state.withLock { $0.refreshError = PluginError(.reauthorize, "invalid_grant") }
        let error = await #expect(throws: PluginError.self) { try await Self.access(agency) }
        #expect(error?.code == .reauthorize && error?.message.contains("before it could save the answer") == true)
        #expect(try await agency.text("SELECT state FROM account") == "needs-reconnect")
        #expect(try await agency.text("SELECT state_reason FROM account") == error?.message)
    }

    // MARK: What they allow

    @Test("scopes that nobody said are checked by the first answer that tells them, and the history says what lacks")
    func scopes() async throws {
        let agency = try await AgencyFixture(scopes: ["read", "write"])
        agency.platform.state.withLock { $0.renewedScopes = ["read"] }
        try await Self.end(agency)
        _ = try await Self.access(agency)
        #expect(try await Self.grant(agency).tokens.scopes == ["read"])
        #expect(
            try await agency.text("SELECT reason FROM state_change WHERE subject_kind = 'account'")?.contains("write")
                == true)
    }

    // MARK: One account of many

    @Test("a grant that no longer opens one account stops that one alone")
    func oneOfMany() async throws {
        let agency = try await AgencyFixture()
        try await Self.addOther(agency)
        var lost = PluginError(.reauthorize, "the Page is no longer given")
        lost.sparesGrant = true
        agency.platform.script(.refuse(lost))
        let target = try await agency.plan("hello")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["held"])
        #expect(try await agency.state(of: target) == "waiting")
        #expect(
            try await agency.text("SELECT state || ': ' || state_reason FROM account WHERE slug = 'fake'")
                == "needs-reconnect: the Page is no longer given")
        #expect(try await agency.text("SELECT state FROM account WHERE slug = 'other'") == "active")
        #expect(try await Self.grant(agency).state == .active)
        #expect(agency.platform.state.withLock { $0.refreshes } == 0)
    }
}
