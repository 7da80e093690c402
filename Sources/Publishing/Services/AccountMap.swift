// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import Persistence

/// A file that says which accounts and ad accounts of a token go to which client.
///
/// Rows without a client are left out, so that a list of what the token opens can be filled in where it is wanted.
package struct AccountMap: Sendable {
    /// What a row connects.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// An account, say a Page or an Instagram account.
        case account
        /// An ad account, where boost money is spent.
        case adAccount = "ad-account"
    }

    /// One account or ad account to connect.
    package struct Row: Sendable, Hashable {
        /// The line on which it stands.
        package var line: Int
        /// What it is.
        package var kind = Kind.account
        /// The client's slug or identity.
        package var client: String
        /// The platform.
        package var platform: PlatformID
        /// The platform's identity of it.
        package var externalID: String
        /// The short name inside the client; made of the platform's name or of the ad account's identity when `nil`.
        package var slug: String?
        /// The name; the platform's own when `nil`.
        package var name: String?
        /// The brand; the client's own when `nil`.
        package var brand: String?
        /// The audience's IANA zone, the client's when `nil`; of an ad account the zone of its days, compared with the platform's.
        package var timeZone: String?
        /// What an ad account is billed in, compared with what the platform says.
        package var currency: String?
        /// Who pays for the ads.
        package var payer: String?
        /// The accounts of the client whose boosts an ad account pays for unless another is named.
        package var accounts: [String] = []
    }

    /// The platform of rows that name none.
    package let platform: PlatformID
    /// The rows, in order.
    package var rows: [Row] = []
    /// What is wrong, in order.
    package var problems: [CSVProblem] = []
    /// How many rows name no client.
    package var skipped = 0

    /// Reads a file: columns `client` and `external_id`; where wanted `kind`, `platform`, `slug`, `name`, `brand`, `tz` (or `time_zone`), `currency`,
    /// `payer`, `accounts`; others are ignored.
    ///
    /// - Parameters:
    ///   - data: The file, CSV with a header.
    ///   - platform: The platform of rows that name none.
    /// - Throws: `CSVError` when it is no such file at all.
    package init(_ data: Data, platform: PlatformID) throws {
        self.platform = platform
        var table = try CSVTable(
            CSVReader(text: String(decoding: data, as: UTF8.self)), required: ["client", "external_id"])
        while let next = try table.next() {
            switch next {
            case .failure(let problem): self.problems.append(problem)
            case .success(let fields): self.read(fields)
            }
        }
    }

    private mutating func read(_ fields: CSVTable.Row) {
        guard let client = fields["client"] else {
            self.skipped += 1
            return
        }
        guard let externalID = fields["external_id"] else {
            self.problems.append(fields.problem("external_id", "is empty: give the platform's identity"))
            return
        }
        guard let kind = fields["kind"].map({ Kind(rawValue: $0.lowercased()) }) ?? .account else {
            let known = Kind.allCases.map(\.rawValue)
            self.problems.append(
                fields.problem(
                    "kind",
                    "'\(fields["kind"] ?? "")' is no kind of account.\(NearestName.hint(fields["kind"] ?? "", in: known)) Use "
                        + known.joined(separator: " or ")))
            return
        }
        var row = Row(
            line: fields.line, kind: kind, client: client,
            platform: fields["platform"].map { PlatformID(rawValue: $0) } ?? self.platform, externalID: externalID,
            slug: fields["slug"], name: fields["name"], brand: fields["brand"],
            timeZone: fields["tz"] ?? fields["time_zone"], currency: fields["currency"], payer: fields["payer"])
        row.accounts = (fields["accounts"] ?? "").split(whereSeparator: { ",; ".contains($0) }).map(String.init)
        self.rows.append(row)
    }
}

/// An ad account with its client.
package struct ClientAdAccount: Sendable {
    /// The client.
    package var client: ClientRow
    /// The ad account.
    package var adAccount: AdAccountRow
}

/// What became of a map.
package struct AccountMapReport: Sendable {
    /// The accounts that were connected, in the file's order, with their clients.
    package var connected: [ClientAccount] = []
    /// The ad accounts that were added or brought up to date, in the file's order, with their clients.
    package var adAccounts: [ClientAdAccount] = []
    /// How many accounts and ad accounts the file asks for.
    package var rows = 0
    /// How many rows name no client.
    package var skipped = 0
    /// What is wrong: line, column, reason; then nothing was written.
    package var problems: [CSVProblem] = []
    /// When the first of the tokens ends; `nil` when none does, or the platform did not say.
    package var expiresAt: Date?
}
