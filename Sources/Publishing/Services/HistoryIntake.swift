// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence

/// Turns past posts into rows: finds or makes their accounts, and gives each post an identity that is the same in every import.
struct HistoryIntake {
    var directory: ClientDirectory
    /// The client's accounts by the file's names, as a person gave them.
    var given: [String: String]
    var actor: String
    var report = HistoryReport()

    private var accounts: [String: AccountID] = [:]
    /// How many posts of an account were seen at one moment; galleries and threads share it.
    private var seen: [String: Int] = [:]

    init(directory: ClientDirectory, given: [String: String], actor: String) {
        self.directory = directory
        self.given = given
        self.actor = actor
    }

    mutating func row(_ post: PastPost, on db: inout Transaction) async throws -> BindRow {
        let account = try await self.account(of: post, on: &db)
        let moment = "\(post.platform)/\(post.account)/\(Int64((post.postedAt.timeIntervalSince1970 * 1000).rounded()))"
        let number = self.seen[moment, default: 0] + 1
        self.seen[moment] = number
        let remoteID = "import:" + JSONColumn.hash(text: "\(moment)/\(number)").prefix(32)
        return [
            account, post.platform, String(remoteID), PublicationID(), post.postedAt, post.contentType, post.isPaid,
            UUID.version7(),
            post.observedAt, post.engagement, post.impressions, post.followers,
        ]
    }

    private mutating func account(of post: PastPost, on db: inout Transaction) async throws -> AccountID {
        let name = "\(post.platform)/\(post.account)"
        if let known = self.accounts[name] { return known }
        let account: AccountRow
        if let found = try self.find(post) { account = found } else { account = try await self.make(post, on: &db) }
        guard account.platform == post.platform else {
            throw ServiceError(
                .invalid,
                "the file's account '\(post.account)' is on \(post.platform), but '\(account.slug)' is on \(account.platform)"
            )
        }
        self.accounts[name] = account.id
        self.report.accounts[post.account] = "\(self.directory.client.slug)/\(account.slug)"
        return account.id
    }

    private func find(_ post: PastPost) throws -> AccountRow? {
        if let given = self.given[post.account] { return try self.directory.account(given) }
        let usual = Self.slug(post)
        return self.directory.accounts[post.account].flatMap { $0.platform == post.platform ? $0 : nil }
            ?? self.directory.accounts[usual.rawValue].flatMap { $0.platform == post.platform ? $0 : nil }
    }

    private mutating func make(_ post: PastPost, on db: inout Transaction) async throws -> AccountRow {
        let client = self.directory.client
        let brand = try await BrandRepository.findOrInsert(client.name, of: client.id, on: &db)
        let account = AccountRow(
            client: client.id, brand: brand.id, platform: post.platform, externalID: "import:\(post.account)",
            slug: Self.slug(post), name: post.account, timeZone: post.zone?.rawValue ?? client.timeZone,
            state: .disconnected,
            followers: post.followers)
        do {
            try await AccountRepository.insert(account, on: &db)
        } catch let error as PersistenceError {
            throw ServiceError(
                .conflict, "\(error.description). Say which account it is: --map \(post.account)=SLUG")
        }
        try await StateChanges.append(
            [
                StateChange(
                    client: client.id, kind: .account, subject: account.id.uuid, actor: self.actor, from: nil,
                    to: account.state.rawValue, reason: "made for imported history")
            ], on: &db)
        self.report.newAccounts.append("\(client.slug)/\(account.slug)")
        return account
    }

    /// `<platform>-<account>`, with what a slug cannot hold replaced by hyphens.
    static func slug(_ post: PastPost) -> Slug {
        let words = "\(post.platform)-\(post.account)".lowercased().map {
            $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-"
        }
        let text = String(words).split(separator: "-").joined(separator: "-").prefix(63)
        let trimmed = text.last == "-" ? text.dropLast() : text
        guard let slug = Slug(rawValue: String(trimmed)) else {
            preconditionFailure("a platform's name begins with a letter")
        }
        return slug
    }
}
