// SPDX-License-Identifier: MIT

import Domain
import PQClient

extension JobStore {
    /// Proves of every job that its leases did not overlap; the caller's transaction holds the snapshot.
    static func leaseFindings(on db: inout Transaction) async throws -> [HistoryFinding] {
        try await db.execute(
            """
            DECLARE lease_history NO SCROLL CURSOR FOR
            SELECT client_id, job_id, lease_no, generation, outcome, final, event_no, started_real, recorded_at
            FROM attempt
            UNION ALL
            SELECT client_id, job_id, lease_no, generation, 'current', false, NULL, claimed_real, NULL
            FROM job_lease
            ORDER BY client_id, job_id
            """)
        var findings: [HistoryFinding] = []
        var records: [LeaseRecord] = []
        while true {
            let rows = try await db.query("FETCH FORWARD 10000 FROM lease_history")
            for row in rows {
                let record = try LeaseRecord(row)
                if record.job != records.first?.job {
                    findings += LeaseHistory.findings(of: records)
                    records.removeAll(keepingCapacity: true)
                }
                records.append(record)
            }
            if rows.isEmpty { break }
        }
        try await db.execute("CLOSE lease_history")
        return findings + LeaseHistory.findings(of: records)
    }
}

extension LeaseRecord {
    fileprivate init(_ row: Row) throws(PQError) {
        let isFinal: Bool = try row.get("final")
        let fate: Fate =
            switch try row.get("outcome", as: String.self) {
            case "current": .current
            case "stale": .stale
            default: .ended(isFinal: isFinal)
            }
        self.init(
            job: try row.get("job_id"), lease: try row.get("lease_no"),
            generation: Int(try row.get("generation", as: Int32.self)), fate: fate, event: try row.get("event_no"),
            startedAt: try row.get("started_real"), endedAt: try row.get("recorded_at"))
    }
}
