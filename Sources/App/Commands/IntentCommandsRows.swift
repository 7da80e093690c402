// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Publishing

/// How intents are shown.
enum IntentRows {
    static let columns = [
        Column("id", "INTENT", "the operation, with #N for a later piece"),
        Column("client", "CLIENT", "the client's slug"), Column("account", "ACCOUNT", "the account's slug"),
        Column("platform", "PLATFORM", "the platform"),
        Column("content", "WHAT", "what was sent, shortened", isFlexible: true),
        Column("state", "STATE", "prepared, sending, confirmed, rejected or unknown"),
        Column("sends", "SENDS", "how often it was sent"),
        Column("sent_at", "SENT", "when it was sent last, in the client's zone"),
        Column("absent_reads", "LOOKS", "looks far enough apart that did not find it; two prove that it is not there"),
        Column("last_read_at", nil, "when such a look was taken last"),
        Column("next_look_at", "NEXT", "when somebody looks next; none when it waits for a person"),
        Column("look_state", nil, "where the job that looks is: scheduled, ready, leased or held"),
        Column("look_job", nil, "the job that looks"),
        Column("reason", nil, "why it waits for a person"),
        Column("resolved_by", nil, "who settled it"), Column("resolved_at", nil, "when it was settled"),
        Column("job", nil, "the job that sends"),
    ]

    static let detailKeys =
        columns + [
            Column("evidence", nil, "what proves the state, as JSON"),
            Column("job_state", nil, "where the job that sends is"),
            Column("history", nil, "every send: send, sent_at, worker, outcome, evidence"),
        ]

    static func record(_ intent: Intent) -> Record {
        let effect = intent.effect
        let zone = intent.timeZone
        return Record([
            "id": .text(intent.id), "client": .text(intent.client), "account": .optional(intent.account),
            "platform": .text(effect.provider), "content": .text(intent.content),
            "state": .state(effect.state.rawValue), "sends": .count(effect.sendNumber),
            "sent_at": .time(effect.sentAt, in: zone), "absent_reads": .count(effect.absentReads),
            "last_read_at": .time(effect.lastReadAt, in: zone), "next_look_at": .time(intent.nextLook, in: zone),
            "look_state": intent.look.map { .state($0.state.rawValue) } ?? .none,
            "look_job": .optional(intent.look?.job.description),
            "reason": .optional(intent.look.flatMap { $0.message ?? $0.reason }),
            "resolved_by": .optional(effect.resolvedBy), "resolved_at": .time(effect.resolvedAt, in: zone),
            "job": .text("\(effect.job)"),
        ])
    }

    static func record(_ detail: IntentDetail) -> Record {
        var record = Self.record(detail.intent)
        let zone = detail.intent.timeZone
        record.fields += [
            Record.Entry(key: "evidence", value: .optional(detail.intent.effect.evidence?.text)),
            Record.Entry(key: "job_state", value: detail.job.map { .state($0.state.rawValue) } ?? .none),
            Record.Entry(
                key: "history",
                value: .list(
                    detail.sends.map { send in
                        .record(
                            Record([
                                "send": .count(send.number), "sent_at": .time(send.sentAt, in: zone),
                                "worker": .text("\(send.lease.worker)"),
                                "outcome": send.outcome.map { .state($0) } ?? .none,
                                "evidence": .optional(send.evidence?.text),
                            ]))
                    })),
        ]
        return record
    }
}
