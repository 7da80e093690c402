// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Persistence
import PluginKit

/// Finds what is wrong with the ad accounts of a map, one after the other, by what the platforms say, what is there and the other rows.
struct AdAccountMapChecker {
    private struct Place: Hashable {
        var client: ClientID
        var family: Set<PlatformID>
        var externalID: String
    }
    private struct Name: Hashable {
        var client: ClientID
        var slug: String
    }

    private let registry: PluginRegistry
    private let clients: [String: ClientRow]
    private let existing: [ClientID: [AdAccountRow]]
    private let boosted: Set<AdAccountID>
    /// The platforms of the clients' accounts, those of the map included.
    private var platforms: [Name: PlatformID] = [:]
    private var taken: Set<Name>
    private var lines: [Place: Int] = [:]
    private var payers: [Name: Int] = [:]

    init(
        _ map: AccountMap, registry: PluginRegistry, clients: [ClientRow], accounts: [AccountRow],
        adAccounts: [AdAccountRow], boosted: Set<AdAccountID>
    ) {
        self.registry = registry
        self.clients = Dictionary(clients.flatMap { [($0.slug.rawValue, $0), ("\($0.id)", $0)] }) { first, _ in first }
        self.existing = Dictionary(grouping: adAccounts, by: \.client)
        self.boosted = boosted
        self.taken = Set(adAccounts.map { Name(client: $0.client, slug: $0.slug.rawValue) })
        for row in map.rows where row.kind == .account {
            guard let client = self.clients[row.client] else { continue }
            // An account that the client has keeps its name.
            let known = accounts.first {
                $0.client == client.id && $0.platform == row.platform && $0.externalID == row.externalID
                    && $0.state != .moved
            }
            let slug = known?.slug.rawValue ?? row.slug ?? row.platform.rawValue
            self.platforms[Name(client: client.id, slug: slug)] = row.platform
        }
        for account in accounts where account.state != .moved && account.state != .disconnected {
            self.platforms[Name(client: account.client, slug: account.slug.rawValue)] = account.platform
        }
    }

    /// The ad account that a client has already, under whichever platform of the family.
    func known(_ row: AccountMap.Row) -> AdAccountRow? {
        guard let client = self.clients[row.client], let listing = self.registry[row.platform]?.adAccountListing else {
            return nil
        }
        let family = self.registry.family(of: row.platform)
        let id = listing.adAccountID(row.externalID)
        return self.existing[client.id]?.first {
            family.contains($0.platform) && listing.adAccountID($0.externalID) == id
        }
    }

    /// The short name of a row's ad account when it says none.
    static func usualSlug(_ externalID: String) -> String {
        String(externalID.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    /// What is wrong with a row.
    ///
    /// - Parameters:
    ///   - row: The row.
    ///   - granted: What the platform says of the ad account; `nil` when the token does not open it, which is told elsewhere.
    /// - Returns: The problems.
    mutating func check(_ row: AccountMap.Row, _ granted: GrantedAdAccount?) -> [CSVProblem] {
        var found: [CSVProblem] = []
        func refuse(_ column: String, _ reason: String) {
            found.append(CSVProblem(line: row.line, column: column, reason: reason))
        }
        let money = self.currency(row, granted, refuse)
        let zone = self.zone(row, granted, refuse)
        guard let client = self.clients[row.client] else {
            let slugs = self.clients.values.map(\.slug.rawValue)
            refuse(
                "client",
                "there is no client '\(row.client)'.\(NearestName.hint(row.client, in: slugs)) "
                    + "Add it first: posthorn client add")
            return found
        }
        let family = Set(self.registry.family(of: row.platform))
        let id = self.registry[row.platform]?.adAccountListing?.adAccountID(row.externalID) ?? row.externalID
        let place = Place(client: client.id, family: family, externalID: id)
        if let line = self.lines.updateValue(row.line, forKey: place) {
            refuse("external_id", "stands on line \(line) already; a client has an ad account once")
        }
        self.checkAccounts(row, client, family, refuse)
        if let known = self.known(row) {
            guard self.boosted.contains(known.id) else { return found }
            let name = "\(client.slug)/\(known.slug)"
            if let money, money != known.currency {
                refuse(
                    "currency",
                    "'\(name)' is kept in \(known.currency) and was boosted with, and the platform bills it in \(money): its budgets and bills would mix two currencies; map it under another slug of another client"
                )
            }
            if let zone, !Self.isSame(known.timeZone, zone) {
                refuse(
                    "tz",
                    "'\(name)' is kept in \(known.timeZone) and was boosted with, and its days begin in \(zone): settle its boosts first"
                )
            }
            return found
        }
        let text = row.slug ?? Self.usualSlug(id)
        guard let slug = Slug(rawValue: text) else {
            refuse("slug", "'\(text)' is no slug: use 1 to 63 lower-case letters, digits and hyphens")
            return found
        }
        if !self.taken.insert(Name(client: client.id, slug: slug.rawValue)).inserted {
            refuse("slug", "'\(client.slug)' has an ad account '\(slug)' already: give this one another short name")
        }
        return found
    }

    private func currency(
        _ row: AccountMap.Row, _ granted: GrantedAdAccount?, _ refuse: (String, String) -> Void
    ) -> Currency? {
        var said: Currency?
        if let text = row.currency {
            said = Currency(rawValue: text)
            if said == nil {
                refuse("currency", "'\(text)' is no currency: use an ISO 4217 code such as EUR")
                return nil
            }
        }
        guard let granted else { return said }
        guard let billed = granted.currency else {
            if said == nil { refuse("currency", "the platform does not say what it is billed in: write it") }
            return said
        }
        guard let currency = Currency(rawValue: billed) else {
            refuse("currency", "the platform bills it in '\(billed)', which is no currency that can be counted in")
            return nil
        }
        if let said, said != currency {
            refuse("currency", "says \(said), and the platform bills it in \(currency): write that, or leave it empty")
        }
        return currency
    }

    private func zone(
        _ row: AccountMap.Row, _ granted: GrantedAdAccount?, _ refuse: (String, String) -> Void
    ) -> String? {
        var said: String?
        do {
            said = try AccountService.zone(row.timeZone)
        } catch {
            refuse("tz", error.message)
            return nil
        }
        guard let granted else { return said }
        guard let text = granted.timeZone else {
            if said == nil { refuse("tz", "the platform does not say in which zone its days begin: write it") }
            return said
        }
        guard let zone = ZoneID(rawValue: text)?.rawValue else {
            refuse("tz", "the platform names the zone '\(text)', which this machine's zone data does not know")
            return nil
        }
        if let said, !Self.isSame(said, zone) {
            refuse("tz", "says \(said), and its days begin in \(zone) on the platform: write that, or leave it empty")
        }
        return zone
    }

    /// Whether two names mean the same days.
    private static func isSame(_ zone: String, _ other: String) -> Bool {
        let reference = AdAccountReference(externalID: "", currency: .eur, timeZone: zone)
        // The refusal is the answer; what it says is for boosts.
        return (try? reference.checkZone(of: other)) != nil
    }

    private mutating func checkAccounts(
        _ row: AccountMap.Row, _ client: ClientRow, _ family: Set<PlatformID>, _ refuse: (String, String) -> Void
    ) {
        for slug in row.accounts {
            let name = Name(client: client.id, slug: slug)
            guard let platform = self.platforms[name] else {
                let known = self.platforms.keys.filter { $0.client == client.id }.map(\.slug).sorted()
                refuse(
                    "accounts",
                    "'\(client.slug)' has no account '\(slug)', here or in the map.\(NearestName.hint(slug, in: known))"
                )
                continue
            }
            guard family.contains(platform) else {
                refuse("accounts", "'\(slug)' is on \(platform), whose boosts this ad account cannot pay for")
                continue
            }
            if let line = self.payers.updateValue(row.line, forKey: name), line != row.line {
                refuse("accounts", "'\(slug)' has an ad account by line \(line) already: name it once")
            }
        }
    }
}
