// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

/// The news that a send under way took effect.
struct ConfirmedSend: Sendable {
    var job: ClaimedJob
    var operation: OperationKey
    var part: Int
    var send: Int
    var evidence: JSONText
    var requestID: String?

    /// Confirms sends that are under way, as nearly all are, in one round trip.
    ///
    /// Nobody else can have settled them, and nobody looks for them.
    ///
    /// - Returns: For each the effect as it is now; nil when that send is not under way any more. Then nothing was written of it.
    static func write(_ all: [ConfirmedSend], on pool: ConnectionPool) async throws -> [Effect?] {
        // Rows are locked in one order, and a send that is told of twice is written once.
        let order = all.indices.sorted { all[$0].key < all[$1].key }
        let settings = [CallGroup<ConfirmedSend, Effect?>.patience(of: all.count), JobStore.planOnIndexes]
        let rows = try await pool.pipeline(settings + [Self.statement(order.map { all[$0] })], retrying: 3)[2]
        var effects = [Effect?](repeating: nil, count: all.count)
        for row in rows {
            effects[order[Int(try row.get("ordinal", as: Int64.self)) - 1]] = try Effect(row)
        }
        return effects
    }

    private var key: (String, String, Int) { (self.job.client.description, self.operation, self.part) }

    static func statement(_ all: [ConfirmedSend]) -> Statement {
        """
        WITH clock AS MATERIALIZED (SELECT world_now() AS now),
        told AS MATERIALIZED (
            SELECT *
            FROM clock
            CROSS JOIN unnest(\(all.map(\.job.client)), \(all.map(\.operation)), \(all.map { Int32($0.part) }),
                        \(all.map { Int32($0.send) }), \(all.map(\.evidence)), \(all.map { $0.requestID?.storable }),
                        \(all.map(\.job.lease.worker.description)))
                 WITH ORDINALITY AS given (of_client, of_key, of_part, of_send, proof, of_request, worker, ordinal)
        ),
        written AS (
            UPDATE effect
            SET state = 'confirmed', evidence = told.proof, resolved_at = told.now, resolved_by = told.worker
            FROM told
            -- ANY, and sends below: a plan that was made while the tables were empty goes by the key all the same.
            WHERE client_id = ANY (ARRAY[told.of_client]) AND op_key = told.of_key AND part = told.of_part
              -- Compared so, the index of all sends that are open is not preferred to the key.
              AND state IS NOT DISTINCT FROM 'sending' AND send_no = told.of_send
            RETURNING \(unescaped: Effect.columns), told.ordinal, told.of_request, told.now
        ),
        kept AS (
            UPDATE effect_send s
            SET outcome = 'confirmed', evidence = w.evidence, settled_at = w.now,
                request_id = coalesce(w.of_request, s.request_id)
            FROM written w
            WHERE s.client_id = ANY (ARRAY[w.client_id]) AND s.op_key = w.op_key AND s.part = w.part AND s.send_no = w.send_no
        )
        SELECT * FROM written
        """
    }
}
