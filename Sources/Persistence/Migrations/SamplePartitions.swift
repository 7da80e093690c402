// SPDX-License-Identifier: MIT

package import PQClient

/// The monthly partitions of samples.
package enum SamplePartitions {
    /// The table.
    package static let table = "sample"

    /// Makes those from last month to three months ahead that are missing; any process may call it at any time.
    package static func make(_ pool: ConnectionPool) async throws {
        _ = try await pool.query("SELECT sample_partitions() AS made")
    }
}
