// SPDX-License-Identifier: MIT

import Domain
import PQClient
package import Persistence

extension ConnectLinkService {
    /// Lists links with their clients, newest first.
    ///
    /// - Parameters:
    ///   - client: The client's slug or identity; `nil` for all.
    ///   - isOpen: Only those that can still be used.
    /// - Returns: The links.
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(
        client: String? = nil, isOpen: Bool = true
    ) async throws -> [(client: ClientRow, link: ConnectLinkRow)] {
        try await self.accounts.pool.withConnection { db in
            let owner: ClientRow? = if let client { try await ClientDirectory.client(client, on: &db) } else { nil }
            let clients = try await ClientRepository.list(states: ClientState.allCases, on: &db)
            let byID = Dictionary(uniqueKeysWithValues: clients.map { ($0.id, $0) })
            return try await ConnectLinkRepository.list(of: owner?.id, isOpen: isOpen, on: &db).compactMap { link in
                byID[link.client].map { ($0, link) }
            }
        }
    }

    /// Withdraws a link: whoever opens it from now on is told that it is over, also who is on the platform's page right now.
    ///
    /// - Throws: `ServiceError`: `notFound`, `conflict` for a link that was used or withdrawn already.
    package func withdraw(_ reference: String, actor: String) async throws -> ConnectLinkRow {
        try await self.accounts.pool.withTransaction { db in
            guard let id = ConnectLinkID(reference), let link = try await ConnectLinkRepository.find(id, on: &db) else {
                throw ServiceError(
                    .notFound, "there is no connect link \(reference). List them: posthorn account links")
            }
            guard try await ConnectLinkRepository.withdraw(id, by: actor, on: &db) else {
                let why =
                    link.usedAt == nil
                    ? "was withdrawn already" : "connected an account: posthorn account disconnect takes that back"
                throw ServiceError(.conflict, "the link \(why)")
            }
            return try await ConnectLinkRepository.find(id, on: &db) ?? link
        }
    }
}
