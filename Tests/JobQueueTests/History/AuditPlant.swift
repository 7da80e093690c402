// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Testing

@testable import JobQueue

/// A row that no statement of the queue writes, and the rule of the audit that it breaks.
struct AuditPlant: Sendable, CustomTestStringConvertible {
    /// The rule that must be reported.
    var rule: String
    /// What was planted, for a person.
    var what: String
    /// The rules that say the same of such a row in other words.
    var also: Set<String> = []
    /// How it is planted.
    var statements: @Sendable (AuditScene) -> [Statement]

    var testDescription: String { self.what }

    init(
        _ rule: String, _ what: String, also: Set<String> = [],
        _ statements: @escaping @Sendable (AuditScene) -> [Statement]
    ) {
        self.rule = rule
        self.what = what
        self.also = also
        self.statements = statements
    }

    /// At least one for every rule.
    static let all = Self.places + Self.leases + Self.slots + Self.limits + Self.sends

    /// Copies rows of a table that have changed columns.
    private static func copy(
        _ table: StaticString, where condition: Statement, changing columns: Statement
    ) -> Statement {
        """
        INSERT INTO \(unescaped: table)
        SELECT changed.*
        FROM \(unescaped: table) AS origin
        CROSS JOIN LATERAL jsonb_populate_record(origin, jsonb_build_object(\(columns))) AS changed
        WHERE \(condition)
        """
    }

    private static let places: [Self] = [
        Self("a live job is in one place", "a ready job that is scheduled too") { scene in
            [
                """
                INSERT INTO job_scheduled (\(unescaped: JobSpec.columns))
                SELECT \(unescaped: JobSpec.columns) FROM job_ready WHERE job_id = \(scene.ready)
                """
            ]
        },
        Self("a live job is in one place", "a running job that is held too") { scene in
            [
                """
                INSERT INTO job_hold (\(unescaped: JobSpec.columns), reason, held_at)
                SELECT \(unescaped: JobSpec.columns), 'planted', world_now()
                FROM job_lease
                WHERE job_id = \(scene.idle.id)
                """
            ]
        },
        Self("a job that ended is not live, unless it was brought back since", "an ended job that is scheduled") {
            scene in
            [
                """
                INSERT INTO job_scheduled (\(unescaped: JobSpec.columns))
                SELECT \(unescaped: JobSpec.columns) FROM attempt WHERE job_id = \(scene.ended) AND final
                """
            ]
        },
        Self("a job ends once, unless it was brought back", "a second end", also: [LeaseHistory.endIsLast]) { scene in
            [
                Self.copy(
                    "attempt", where: "origin.job_id = \(scene.ended) AND origin.final",
                    changing:
                        "'event_no', nextval('attempt_event_no'), 'outcome', 'cancelled', 'lease_no', NULL")
            ]
        },
        Self("a job that ran or has a key is live or has ended", "a job that ran and is nowhere") { scene in
            ["DELETE FROM job_hold WHERE job_id = \(scene.held)"]
        },
        Self("a job that ran or has a key is live or has ended", "a key whose job is nowhere") { scene in
            ["DELETE FROM job_ready WHERE job_id = \(scene.ready)"]
        },
        Self("ready work is in the present era, where claims look", "a job of an era that is over") { scene in
            ["UPDATE job_ready SET era = era - 1 WHERE job_id = \(scene.ready)"]
        },
    ]

    private static let leases: [Self] = [
        Self("a lease ends once", "a second end of a lease", also: [LeaseHistory.endsOnce]) { scene in
            [
                Self.copy(
                    "attempt", where: "origin.job_id = \(scene.held)",
                    changing: "'event_no', nextval('attempt_event_no')")
            ]
        },
        Self("a lease that ended is not held", "the end of a run that goes on", also: [LeaseHistory.endsOnce]) {
            scene in
            [
                Self.copy(
                    "attempt", where: "origin.job_id = \(scene.held)",
                    changing: """
                        'event_no', nextval('attempt_event_no'), 'job_id', \(scene.idle.id)::uuid,
                        'lease_no', \(scene.idle.lease.number)::bigint, 'outcome', 'released'
                        """)
            ]
        },
        Self(
            "leases are in the present era, so that the key of their slots is the limit",
            "a lease of an era that is over"
        ) { scene in
            ["UPDATE job_lease SET era = era - 1 WHERE job_id = \(scene.idle.id)"]
        },
        Self(
            "a lease number is given once", "two leases of one number", also: ["a lease number belongs to one job"]
        ) { scene in
            let (number, other) = (scene.sending.lease.number, scene.idle.lease.number)
            return [
                "UPDATE job_lease SET lease_no = \(number) WHERE lease_no = \(other)",
                "UPDATE lease_slot SET lease_no = \(number) WHERE lease_no = \(other)",
            ]
        },
        Self("a lease number belongs to one job", "a run that ended under a lease of another job") { scene in
            ["UPDATE attempt SET lease_no = \(scene.idle.lease.number) WHERE job_id = \(scene.held)"]
        },
        Self("a job that succeeded, or failed, ran under a lease", "a run without a lease") { scene in
            ["UPDATE attempt SET lease_no = NULL WHERE job_id = \(scene.held)"]
        },
    ]

    private static let slots: [Self] = [
        Self(
            "a slot of an account is one lease's", "two leases in one slot",
            also: ["no more jobs of an account run in a queue than it has slots"]
        ) { scene in
            [
                "ALTER TABLE job_lease DROP CONSTRAINT job_lease_slot",
                """
                UPDATE job_lease
                SET slot = (SELECT slot FROM job_lease WHERE job_id = \(scene.sending.id))
                WHERE job_id = \(scene.idle.id)
                """,
            ]
        },
        Self("no more jobs of an account run in a queue than it has slots", "one slot for two that run") { scene in
            [
                """
                INSERT INTO lane_policy (client_id, account_id, slots)
                VALUES (\(scene.queue.client), \(scene.idle.account), 1)
                """
            ]
        },
        Self("no more jobs of an account run in a queue than it has slots", "a queue with one slot an account") { _ in
            ["INSERT INTO queue_policy (queue, account_slots) VALUES ('work', 1)"]
        },
        Self("no more jobs of an account run in a queue than it has slots", "a lease without a slot") { scene in
            ["UPDATE job_lease SET slot = NULL WHERE job_id = \(scene.idle.id)"]
        },
    ]

    private static let limits: [Self] =
        [
            Self("no more jobs run within a limit of a client or app than it allows", "a limit below what runs") { _ in
                ["UPDATE running_limit SET max_running = 1"]
            },
            Self("a slot within a limit belongs to a lease", "a slot of a lease that nobody holds") { scene in
                [
                    """
                    INSERT INTO lease_slot (scope, slot, client_id, job_id, lease_no)
                    VALUES (\("client:\(scene.queue.client)"), 3, \(scene.queue.client), \(scene.ended), 0)
                    """
                ]
            },
            Self(Self.holdsSlot, "a lease that left its slot") { scene in
                ["DELETE FROM lease_slot WHERE lease_no = \(scene.idle.lease.number)"]
            },
        ]
        + ["client in a queue", "platform", "platform in a queue"].map { kind in
            Self(Self.holdsSlot, "the limit of a \(kind) that counts nobody") { scene in
                let scope =
                    switch kind {
                    case "platform": "provider:p"
                    case "platform in a queue": "provider:p/work"
                    default: "client:\(scene.queue.client)/work"
                    }
                return ["INSERT INTO running_limit (scope, max_running) VALUES (\(scope), 3)"]
            }
        }

    private static let holdsSlot = "a job that runs for a client or on a platform with a limit holds one of its slots"

    private static let sends: [Self] = [
        Self("what is being sent has its lease", "a send under way under a lease that nobody holds") { _ in
            ["UPDATE effect SET lease_no = 0 WHERE state = 'sending'"]
        },
        Self(Self.underLease, "a send after its run ended") { _ in
            ["UPDATE effect_send SET sent_real = sent_real + interval '1 hour' WHERE op_key = 'ended'"]
        },
        Self(Self.underLease, "a send of a run that ended by another worker") { _ in
            ["UPDATE effect_send SET worker_id = gen_random_uuid() WHERE op_key = 'ended'"]
        },
        Self(Self.underLease, "a send before its lease was given") { _ in
            ["UPDATE effect_send SET sent_real = sent_real - interval '1 hour' WHERE op_key = 'sending'"]
        },
        Self(Self.underLease, "a send by another worker than the one that holds the lease") { _ in
            ["UPDATE effect_send SET worker_id = gen_random_uuid() WHERE op_key = 'sending'"]
        },
        Self(Self.underLease, "a send under a lease that nobody ever held") { _ in
            ["UPDATE effect_send SET lease_no = 0 WHERE op_key = 'sending'"]
        },
        Self(Self.afterProof, "a send behind a confirmed one") { _ in
            [
                Self.copy(
                    "effect_send", where: "origin.op_key = 'ended'",
                    changing: "'send_no', origin.send_no + 1, 'outcome', 'absent'")
            ]
        },
        Self(Self.afterProof, "a send while the one before it is under way") { _ in
            [Self.copy("effect_send", where: "origin.op_key = 'sending'", changing: "'send_no', origin.send_no + 1")]
        },
        Self("an effect is confirmed by one send", "a second confirmed send") { _ in
            // Not the next number: that a send follows a confirmed one is another rule.
            [Self.copy("effect_send", where: "origin.op_key = 'ended'", changing: "'send_no', origin.send_no + 2")]
        },
    ]

    private static let underLease = "a send leaves while its job's lease is held, by the worker that holds it"
    private static let afterProof = "a send follows a proof that the one before it took no effect"
}
