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
