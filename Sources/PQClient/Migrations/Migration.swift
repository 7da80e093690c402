// SPDX-License-Identifier: MIT

/// One numbered, forward-only step of a component's schema.
package struct Migration: Sendable, Hashable {
    /// The place in the order, from 1 without gaps.
    package var number: Int
    /// A short name for people.
    package var name: String
    /// One or more statements; they run in one transaction, with the schema first in the search path.
    package var sql: String

    /// Makes a migration.
    package init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// A checksum of the text (64-bit FNV-1a, in hexadecimal): enough to notice an edit, not a signature.
    package var checksum: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in self.sql.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Where a migration stands in a database.
package struct MigrationStatus: Sendable, Hashable {
    /// Whether and how it was applied.
    package enum State: String, Sendable, Hashable {
        /// In the database, with the text this program has.
        case applied
        /// Not in the database yet.
        case pending
        /// In the database with another text than this program has.
        case changed
        /// In the database, unknown to this program, which is older.
        case unknown
    }

    /// The component it belongs to.
    package var component: String
    /// The place in the order.
    package var number: Int
    /// The short name.
    package var name: String
    /// Where it stands.
    package var state: State
}
