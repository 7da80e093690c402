// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import PQClient
package import Persistence

/// A client with its accounts, loaded once so that names can be resolved without further queries.
package struct ClientDirectory: Sendable {
    /// The client.
    package let client: ClientRow
    /// Its accounts by slug.
    package let accounts: [String: AccountRow]
    private let byID: [AccountID: AccountRow]

    init(client: ClientRow, accounts: [AccountRow]) {
        self.client = client
        self.accounts = Dictionary(uniqueKeysWithValues: accounts.map { ($0.slug.rawValue, $0) })
        self.byID = Dictionary(uniqueKeysWithValues: accounts.map { ($0.id, $0) })
    }

    /// Loads a client by slug or identity, with its accounts.
    ///
    /// - Throws: `ServiceError` with code `notFound` that says what was probably meant.
    package static func load(_ reference: String, on db: inout some SQLSession & ~Copyable) async throws
        -> ClientDirectory
    {
        let client = try await Self.client(reference, on: &db)
        return ClientDirectory(client: client, accounts: try await AccountRepository.list(of: client.id, on: &db))
    }

    /// Loads a client by slug or identity.
    ///
    /// - Throws: `ServiceError` with code `notFound` that says what was probably meant.
    package static func client(_ reference: String, on db: inout some SQLSession & ~Copyable) async throws -> ClientRow
    {
        if let client = try await ClientRepository.find(Reference(reference), on: &db) { return client }
        let slugs = try await ClientRepository.list(states: ClientState.allCases, on: &db).map(\.slug.rawValue)
        throw ServiceError(
            .notFound,
            "there is no client '\(reference)'.\(NearestName.hint(reference, in: slugs)) List them: posthorn client list"
        )
    }

    /// Finds an account of any client by `client/account` or identity, or by slug when the client is given.
    ///
    /// - Throws: `ServiceError` with code `notFound`, or `invalid` when the client is missing.
    package static func account(
        _ reference: String, client: String?, on db: inout some SQLSession & ~Copyable
    ) async throws -> (client: ClientRow, account: AccountRow) {
        let parts = reference.split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2 || client != nil {
            let directory = try await Self.load(parts.count == 2 ? parts[0] : client ?? "", on: &db)
            return (directory.client, try directory.account(reference))
        }
        guard case .id(let id) = Reference(reference) else {
            throw ServiceError(
                .invalid,
                "'\(reference)' names an account without its client: write it as client/\(reference), or add --client")
        }
        let found = try await AccountRepository.list(on: &db).first { $0.id.uuid == id }
        guard let found, let owner = try await ClientRepository.find(found.client, on: &db) else {
            throw ServiceError(.notFound, "there is no account \(reference). List them: posthorn account list")
        }
        return (owner, found)
    }

    /// Finds an account of the client by slug, `client/account` or identity.
    ///
    /// - Throws: `ServiceError` with code `notFound` that says what was probably meant.
    package func account(_ reference: String) throws -> AccountRow {
        var name = reference
        let prefix = "\(self.client.slug)/"
        if name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        if let account = self.accounts[name] { return account }
        if let id = AccountID(name), let account = self.byID[id] { return account }
        let known = self.accounts.keys.sorted()
        let hint = NearestName.hint(name, in: known)
        let list =
            known.isEmpty
            ? "It has none yet: posthorn account connect" : "It has: \(known.prefix(12).joined(separator: ", "))"
        throw ServiceError(.notFound, "client '\(self.client.slug)' has no account '\(name)'.\(hint) \(list)")
    }

    /// An account by identity.
    package subscript(id: AccountID) -> AccountRow? { self.byID[id] }
}
