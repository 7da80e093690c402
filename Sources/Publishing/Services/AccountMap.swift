// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// A file that says which accounts of a token go to which client.
///
/// Rows without a client are left out, so that a list of what the token opens can be filled in where it is wanted.
package struct AccountMap: Sendable {
    /// One account to connect.
    package struct Row: Sendable, Hashable {
        /// The line on which it stands.
        package var line: Int
        /// The client's slug or identity.
        package var client: String
        /// The platform.
        package var platform: PlatformID
        /// The platform's identity of the account.
        package var externalID: String
        /// The short name inside the client; the platform's name when `nil`.
        package var slug: String?
        /// The name; the platform's own when `nil`.
        package var name: String?
        /// The brand; the client's own when `nil`.
        package var brand: String?
        /// The audience's IANA zone; the client's when `nil`.
        package var timeZone: String?
    }

    /// The rows, in order.
    package var rows: [Row] = []
    /// What is wrong, in order.
    package var problems: [CSVProblem] = []
    /// How many rows name no client.
    package var skipped = 0

    /// Reads a file: columns `client` and `external_id`; where wanted `platform`, `slug`, `name`, `brand`, `tz`; others are ignored.
    ///
    /// - Parameters:
    ///   - data: The file, CSV with a header.
    ///   - platform: The platform of rows that name none.
    /// - Throws: `CSVError` when it is no such file at all.
    package init(_ data: Data, platform: PlatformID) throws {
        var table = try CSVTable(
            CSVReader(text: String(decoding: data, as: UTF8.self)), required: ["client", "external_id"])
        while let next = try table.next() {
            switch next {
            case .failure(let problem): self.problems.append(problem)
            case .success(let fields):
                guard let client = fields["client"] else {
                    self.skipped += 1
                    continue
                }
                guard let externalID = fields["external_id"] else {
                    self.problems.append(fields.problem("external_id", "is empty: give the platform's identity"))
                    continue
                }
                self.rows.append(
                    Row(
                        line: fields.line, client: client,
                        platform: fields["platform"].map { PlatformID(rawValue: $0) } ?? platform,
                        externalID: externalID, slug: fields["slug"], name: fields["name"], brand: fields["brand"],
                        timeZone: fields["tz"]))
            }
        }
    }
}

/// What became of a map.
package struct AccountMapReport: Sendable {
    /// The accounts that were connected, in the file's order, with their clients.
    package var connected: [ClientAccount] = []
    /// How many accounts the file asks for.
    package var rows = 0
    /// How many rows name no client.
    package var skipped = 0
    /// What is wrong: line, column, reason; then nothing was written.
    package var problems: [CSVProblem] = []
    /// When the first of the tokens ends; `nil` when none does, or the platform did not say.
    package var expiresAt: Date?
}
