// SPDX-License-Identifier: MIT

package import PQClient

/// The tables of Posthorn above the queue.
///
/// They use `world_now()` of the queue's first migration, so the queue migrates first.
package enum AgencyMigrations {
    /// All of them, in order; forward only.
    package static let all: [Migration] = [
        Migration(number: 1, name: "agency", sql: Migration001Agency.sql),
        Migration(number: 2, name: "content", sql: Migration002Content.sql),
        Migration(number: 3, name: "money", sql: Migration003Money.sql),
        Migration(number: 4, name: "timing", sql: Migration004Timing.sql),
        Migration(number: 5, name: "webhooks", sql: Migration005Webhooks.sql),
    ]
}
