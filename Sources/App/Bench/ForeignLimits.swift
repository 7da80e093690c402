// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient

/// Limits of running jobs, a gate and a pause that concern nobody whose jobs are measured.
///
/// A claim asks the tables of exceptions for each lane only while they have a row. With these it asks all of them.
enum ForeignLimits {
    /// No benchmark's jobs belong to it.
    ///
    /// It is always the same one, so that the next run removes what a killed one left.
    private static let client = ClientID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xBE)))
    /// No benchmark's jobs work on it.
    private static let provider = "bench-other"
    private static let actor = "bench"

    static func set(in pool: ConnectionPool) async throws {
        let jobs = JobStore(pool: pool)
        try await jobs.setConcurrency(.client(self.client, nil), 1)
        try await jobs.setConcurrency(.provider(self.provider, nil), 1)
        try await jobs.pause(.client(self.client), by: self.actor, reason: "so that claims look at pauses")
        try await pool.withConnection { db in
            try await LimitStore.close(
                .client(self.client), for: .seconds(30 * 86_400), reason: "so that claims look at gates",
                by: self.actor, on: &db)
        }
    }

    /// Removes them; without any it changes nothing.
    static func clear(in pool: ConnectionPool) async throws {
        let jobs = JobStore(pool: pool)
        try await jobs.setConcurrency(.client(self.client, nil), nil)
        try await jobs.setConcurrency(.provider(self.provider, nil), nil)
        try await jobs.resume(.client(self.client))
        _ = try await LimitStore(pool: pool).reopen(.client(self.client), by: self.actor, reason: nil)
    }
}
