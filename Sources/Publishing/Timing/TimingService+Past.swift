// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
import PQClient
import Persistence

/// The past of an account beside that of the accounts that it borrows from.
package struct BorrowedPast: Sendable {
    /// The account as `client/account`.
    package var name: String
    /// Its platform.
    package var platform: PlatformID
    /// The past of every account of the platform, its own among them.
    package var histories: [TimingHistory]

    /// How many of the account's posts can be used.
    package var posts: Int { self.histories.first { $0.account == self.name }?.posts.count ?? 0 }
}

extension TimingService {
    /// The past of an account and of those that it borrows from.
    ///
    /// - Parameters:
    ///   - account: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    /// - Throws: `ServiceError` with code `notFound`.
    /// - Returns: The past of every account of its platform.
    package func past(of account: String, client: String? = nil) async throws -> BorrowedPast {
        let (owner, row) = try await self.pool.withConnection { db in
            try await ClientDirectory.account(account, client: client, on: &db)
        }
        return BorrowedPast(
            name: "\(owner.slug)/\(row.slug)", platform: row.platform,
            histories: try await self.histories(on: row.platform))
    }
}
