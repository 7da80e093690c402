// SPDX-License-Identifier: MIT

import Logging
import PQClient
import TestSupport
import Testing

@Suite
struct EncryptionTests {
    private func pool(_ cluster: PrivateCluster, _ host: String, _ options: String) throws -> ConnectionPool {
        let configuration = try PQConfiguration(
            url: "postgresql://posthorn@\(host):\(cluster.port)/postgres?\(options)", schema: "s")
        return ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
    }

    private let isEncrypted: Statement = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"

    @Test("a server is verified by certificate and name, large rows come through, and a wrong server is refused")
    func verification() async throws {
        try await withPrivateCluster(tls: true) { cluster in
            let root = "sslrootcert=\(cluster.folder)/root.crt"
            // A host that is not loopback by its name: the default is to verify.
            let good = try self.pool(cluster, "localhost", "hostaddr=127.0.0.1&sslmode=verify-full&\(root)")
            #expect(try await good.query(self.isEncrypted).single(Bool.self))

            // Rows of many TLS records, in odd sizes, while libpq's buffer and OpenSSL's fill at different steps.
            for size in [8_191, 16_383, 16_385, 70_001, 1_000_003, 5_000_011] {
                let rows = try await good.query("SELECT repeat('x', \(Int32(size))) FROM generate_series(1, 3)")
                #expect(try rows.column(String.self).map(\.utf8.count) == [size, size, size])
            }
            var bytes = 0
            try await good.withConnection { db in
                try await db.copyOut("COPY (SELECT repeat('y', 9001) FROM generate_series(1, 2000)) TO STDOUT") {
                    bytes += $0.count
                }
            }
            #expect(bytes == 9_002 * 2_000)

            let wrongName = try self.pool(cluster, "db.example.org", "hostaddr=127.0.0.1&sslmode=verify-full&\(root)")
            let named = await #expect(throws: PQError.self) { try await wrongName.query("SELECT 1") }
            #expect(named?.code == .connectFailed)
            #expect(named?.message.contains("does not match host name") == true)

            let unknownRoot = try self.pool(
                cluster, "localhost", "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt")
            let unverified = await #expect(throws: PQError.self) { try await unknownRoot.query("SELECT 1") }
            #expect(unverified?.code == .connectFailed)

            for pool in [good, wrongName, unknownRoot] { await pool.close() }
        }
    }
}
