// SPDX-License-Identifier: MIT

package import Domain
package import PQClient
package import Persistence

/// Keeps the places where boost money is spent.
package struct AdAccountService: Sendable {
    let pool: ConnectionPool
    let registry: PluginRegistry

    /// Makes a service.
    package init(pool: ConnectionPool, registry: PluginRegistry) {
        self.pool = pool
        self.registry = registry
    }

    /// Adds an ad account of a client by hand; what is not said of it is taken from the client, and may be wrong.
    ///
    /// - Throws: `ServiceError`: `notFound`, `invalid`, or `conflict` when the slug is in use.
    package func add(
        client: String, platform: PlatformID, externalID: String, slug: String, currency: String?, timeZone: String?,
        payer: String?
    ) async throws -> AdAccountRow {
        guard self.registry[platform]?.boosting != nil else {
            throw ServiceError(
                .invalid,
                "nothing can be boosted on '\(platform)' with this binary: posthorn plugin list shows what can")
        }
        guard let name = Slug(rawValue: slug) else {
            throw ServiceError(.invalid, "'\(slug)' is no slug: use 1 to 63 lower-case letters, digits and hyphens")
        }
        return try await self.pool.withTransaction { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            guard let money = currency.map({ Currency(rawValue: $0) }) ?? owner.currency else {
                throw ServiceError(.invalid, "'\(currency ?? "")' is no currency: use an ISO 4217 code such as EUR")
            }
            let zone = try AccountService.zone(timeZone) ?? owner.timeZone
            let account = AdAccountRow(
                client: owner.id, platform: platform, externalID: externalID, slug: name, currency: money,
                timeZone: zone,
                payer: payer)
            do {
                try await AdAccountRepository.insert(account, on: &db)
            } catch let error as PersistenceError {
                throw ServiceError(.conflict, error.description)
            }
            return account
        }
    }

    /// Lists a client's ad accounts.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(client: String) async throws -> [AdAccountRow] {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return try await AdAccountRepository.list(of: owner.id, on: &db)
        }
    }
}
