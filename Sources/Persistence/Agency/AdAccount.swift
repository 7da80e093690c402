// SPDX-License-Identifier: MIT

package import Domain
package import PQClient
package import PluginKit

/// Where boost money is spent.
package struct AdAccountRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: AdAccountID
    /// The platform.
    package var platform: PlatformID
    /// The platform's identity of it.
    package var externalID: String
    /// Its short name inside the client.
    package var slug: Slug
    /// The currency that it is billed in.
    package var currency: Currency
    /// The IANA zone in which its days begin.
    package var timeZone: String
    /// Who pays.
    package var payer: String?
    /// The grant that opens it.
    package var grant: GrantID?

    /// Makes an ad account.
    package init(
        client: ClientID, id: AdAccountID = AdAccountID(), platform: PlatformID, externalID: String, slug: Slug,
        currency: Currency, timeZone: String, payer: String? = nil, grant: GrantID? = nil
    ) {
        self.client = client
        self.id = id
        self.platform = platform
        self.externalID = externalID
        self.slug = slug
        self.currency = currency
        self.timeZone = timeZone
        self.payer = payer
        self.grant = grant
    }

    /// What a plugin is told of it.
    package var reference: AdAccountReference {
        AdAccountReference(
            externalID: self.externalID, currency: self.currency, timeZone: self.timeZone, payer: self.payer)
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), id: try row.get("ad_account_id"), platform: try row.get("platform"),
            externalID: try row.get("external_id"), slug: try row.get("slug"), currency: try row.get("currency"),
            timeZone: try row.get("time_zone"), payer: try row.get("payer"), grant: try row.get("grant_id"))
    }
}

/// The ad accounts of clients.
package enum AdAccountRepository {
    private static let columns: Statement = """
        SELECT client_id, ad_account_id, platform, external_id, slug, currency, time_zone, payer, grant_id FROM ad_account
        """

    /// Adds an ad account.
    ///
    /// - Throws: `PersistenceError` with code `nameTaken` when the client has one of that slug.
    package static func insert(_ account: AdAccountRow, on db: inout some SQLSession & ~Copyable) async throws {
        let added = try await db.execute(
            """
            INSERT INTO ad_account (client_id, ad_account_id, platform, external_id, slug, currency, time_zone, payer, grant_id)
            VALUES (\(account.client), \(account.id), \(account.platform), \(account.externalID), \(account.slug),
                    \(account.currency), \(account.timeZone), \(account.payer), \(account.grant))
            ON CONFLICT (client_id, slug) DO NOTHING
            """)
        guard added == 1 else {
            throw PersistenceError(
                .nameTaken, "the client has an ad account '\(account.slug)' already: choose another slug")
        }
    }

    /// Writes what its platform says of an ad account, the grant that opens it and, when given, who pays.
    package static func refresh(_ account: AdAccountRow, on db: inout some SQLSession & ~Copyable) async throws {
        try await db.execute(
            """
            UPDATE ad_account
            SET currency = \(account.currency), time_zone = \(account.timeZone), grant_id = \(account.grant),
                payer = coalesce(\(account.payer), payer)
            WHERE client_id = \(account.client) AND ad_account_id = \(account.id)
            """)
    }

    /// Lets a client's ad accounts follow its accounts from grants that none of those uses any more to another one.
    static func follow(
        from old: [GrantID], to grant: GrantID?, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        guard !old.isEmpty else { return }
        try await db.execute(
            """
            UPDATE ad_account SET grant_id = \(grant)
            WHERE client_id = \(client) AND grant_id = ANY(\(old))
              AND NOT EXISTS (SELECT FROM account_grant AS used
                              WHERE used.client_id = ad_account.client_id AND used.grant_id = ad_account.grant_id)
            """)
    }

    /// Pays for an account's boosts with an ad account, unless a person names another.
    package static func use(
        _ adAccount: AdAccountID, for account: AccountID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            INSERT INTO account_ad_account (client_id, account_id, ad_account_id)
            VALUES (\(client), \(account), \(adAccount))
            ON CONFLICT (client_id, account_id) DO UPDATE SET ad_account_id = excluded.ad_account_id
            """)
    }

    /// The ad account that pays for an account's boosts unless a person names another.
    package static func usual(
        for account: AccountID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> AdAccountID? {
        try await db.query(
            "SELECT ad_account_id FROM account_ad_account WHERE client_id = \(client) AND account_id = \(account)"
        ).first.map { row in try row.get("ad_account_id") }
    }

    /// Lists the ad accounts of all clients.
    package static func list(on db: inout some SQLSession & ~Copyable) async throws -> [AdAccountRow] {
        try await db.query(Self.columns + " ORDER BY client_id, slug").decoded(AdAccountRow.init(row:))
    }

    /// The ad accounts that a boost was ever planned with.
    package static func boosted(
        on db: inout some SQLSession & ~Copyable
    ) async throws -> Set<AdAccountID> {
        Set(
            try await db.query("SELECT DISTINCT ad_account_id FROM boost WHERE ad_account_id IS NOT NULL")
                .map { row in try row.get("ad_account_id", as: AdAccountID.self) })
    }

    /// Finds a client's ad account by slug or identity.
    package static func find(
        _ reference: Reference, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> AdAccountRow? {
        try await db.query(
            Self.columns
                + " WHERE client_id = \(client) AND (slug = \(reference.name) OR ad_account_id = \(reference.id))"
        ).first.map(AdAccountRow.init(row:))
    }

    /// Lists a client's ad accounts.
    package static func list(of client: ClientID, on db: inout some SQLSession & ~Copyable) async throws
        -> [AdAccountRow]
    {
        try await db.query(Self.columns + " WHERE client_id = \(client) ORDER BY slug").decoded(AdAccountRow.init(row:))
    }
}
