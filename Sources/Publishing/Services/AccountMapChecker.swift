// SPDX-License-Identifier: MIT

import Domain
import Persistence

/// Finds what is wrong with the rows of a map, one after the other, by what is there and by the rows before.
struct AccountMapChecker {
    private struct Identity: Hashable {
        var platform: PlatformID
        var externalID: String
    }

    private let clients: [String: ClientRow]
    private let slugs: [String]
    private let names: [ClientID: Slug]
    private let holders: [Identity: AccountRow]
    private let known: [ClientID: [Identity: AccountRow]]
    private var taken: [ClientID: Set<String>]
    private var lines: [Identity: Int] = [:]

    init(clients: [ClientRow], accounts: [AccountRow]) {
        self.slugs = clients.map(\.slug.rawValue)
        self.clients = Dictionary(clients.flatMap { [($0.slug.rawValue, $0), ("\($0.id)", $0)] }) { first, _ in first }
        self.names = Dictionary(clients.map { ($0.id, $0.slug) }) { first, _ in first }
        func identity(_ account: AccountRow) -> Identity {
            Identity(platform: account.platform, externalID: account.externalID)
        }
        let standing = accounts.filter { $0.state != .moved && $0.state != .disconnected }
        self.holders = Dictionary(standing.map { (identity($0), $0) }) { first, _ in first }
        let kept = Dictionary(grouping: accounts.filter { $0.state != .moved }, by: \.client)
        self.known = kept.mapValues { Dictionary($0.map { (identity($0), $0) }) { first, _ in first } }
        self.taken = Dictionary(grouping: accounts, by: \.client).mapValues { Set($0.map(\.slug.rawValue)) }
    }

    /// What is wrong with a row; the platform was not asked.
    mutating func check(_ row: AccountMap.Row) -> [CSVProblem] {
        var found: [CSVProblem] = []
        func refuse(_ column: String, _ reason: String) {
            found.append(CSVProblem(line: row.line, column: column, reason: reason))
        }
        do {
            _ = try AccountService.zone(row.timeZone)
        } catch {
            refuse("tz", error.message)
        }
        let identity = Identity(platform: row.platform, externalID: row.externalID)
        if let line = self.lines[identity] {
            refuse("external_id", "stands on line \(line) already; one account belongs to one client")
        } else {
            self.lines[identity] = row.line
        }
        guard let client = self.clients[row.client] else {
            refuse(
                "client",
                "there is no client '\(row.client)'.\(NearestName.hint(row.client, in: self.slugs)) "
                    + "Add it first: posthorn client add")
            return found
        }
        if let holder = self.holders[identity], holder.client != client.id {
            let name = "\(self.names[holder.client]?.rawValue ?? "")/\(holder.slug)"
            refuse("client", "the account stands under '\(name)' already: posthorn account disconnect \(name)")
        }
        // An account that the client has keeps its name.
        guard self.known[client.id]?[identity] == nil else { return found }
        guard let slug = Slug(rawValue: row.slug ?? row.platform.rawValue) else {
            refuse("slug", "'\(row.slug ?? "")' is no slug: use 1 to 63 lower-case letters, digits and hyphens")
            return found
        }
        if !self.taken[client.id, default: []].insert(slug.rawValue).inserted {
            refuse("slug", "'\(client.slug)' has an account '\(slug)' already: give this one another short name")
        }
        return found
    }
}
