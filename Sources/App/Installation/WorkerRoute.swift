// SPDX-License-Identifier: MIT

import PQClient

/// How workers reach the database.
struct WorkerRoute: Sendable {
    /// Their address.
    var url: String
    /// What lies between.
    var pooling = PQConfiguration.Pooling.direct
    /// The listener's own address, past a pooler.
    var listenURL: String?
    /// The pooler, when there is one.
    var pooler: Supervised?

    /// What workers are told of it.
    var environment: [String: String?] {
        var environment: [String: String?] = [
            "POSTHORN_DATABASE_URL": self.url, "POSTHORN_DATABASE_POOLER": self.pooling.rawValue,
        ]
        if let listenURL { environment["POSTHORN_LISTEN_DATABASE_URL"] = listenURL }
        return environment
    }
}
