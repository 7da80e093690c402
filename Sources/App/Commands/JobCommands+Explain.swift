// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import PQClient
import Publishing

extension JobCommands {
    struct Explain: PosthornCommand {
        static let configuration = CommandConfiguration(
            "explain", "Say why a job is not running now, and what would change that.",
            details: """
                Everything that stands in its way is listed, in the order in which it has to go: first what keeps it from starting, \
                then what stops its calls once it has started (limit, endpoint; may-wait where it is not known whether it makes such \
                calls). The estimated start is a judgement by the last hour of its account and its queue; it is not known while a \
                person has to act, or where nothing is known to judge by.
                """,
            examples: ["job explain 0198f2c4-…", "job explain 0198f2c4-… -o json"],
            keys: [
                Column("id", nil, "its id"), Column("kind", nil, "publish, boost or fetch-metrics"),
                Column("client", nil, "the client's slug"), Column("account", nil, "the account's slug"),
                Column("state", nil, "where it is"), Column("due_at", nil, "when it is due, in the client's zone"),
                Column(
                    "because", nil,
                    "what stands in its way: cause, what, since, until, by, help: the command that helps, and holders: "
                        + "who has the slots it waits for, as job, worker and since"),
                Column("ahead", nil, "how many ready jobs of its account come before it"),
                Column(
                    "ahead_of_client", nil,
                    "about how many of its client's other accounts go before it, as if the workers were one"),
                Column(
                    "ahead_of_others", nil, "about how many of other clients go before it, as if the workers were one"),
                Column(
                    "lanes", nil, "how many accounts take turns in its queue; none when there are too many to count"),
                Column("clients", nil, "of how many clients"),
                Column("estimated_start", nil, "when it starts, as far as that can be known"),
                Column("estimate", nil, "what that rests on, or why it is not known"),
            ])

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("The job's id.", valueName: "job"))
        var job: String

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let found = try await JobRows.find(self.job, services)
                guard
                    let explanation = try await services.jobs.explain(
                        found.spec.id, client: found.spec.client, calls: JobCalls(services.registry))
                else { throw CommandError.notFound("job", self.job, remedy: "`posthorn job list` shows them") }
                let names = try await JobRows.Names(services)
                context.output.show(ExplanationRows(names: names, explanation: explanation).record)
            }
        }
    }
}

/// How an explanation is shown.
private struct ExplanationRows {
    let names: JobRows.Names
    let explanation: JobExplanation

    private var spec: JobSpec { self.explanation.job.spec }
    private var zone: String { self.names.zone(of: self.spec.client) }

    var record: Record {
        let turn = self.explanation.turn
        var record = Record([
            "id": .text("\(self.spec.id)"), "kind": .text("\(self.spec.kind)"),
            "client": .text(self.names.client(self.spec.client)),
            "account": .optional(self.names.account(self.spec.account)),
            "state": .state(self.explanation.job.state.rawValue), "due_at": .time(self.spec.dueAt, in: self.zone),
            "because": .list(self.explanation.hindrances.map { .record(self.record($0)) }),
            "ahead": self.count(turn?.ahead), "ahead_of_client": self.count(turn?.aheadOfClient),
            "ahead_of_others": self.count(turn?.aheadOfOthers), "lanes": self.count(turn?.lanes),
            "clients": self.count(turn?.clients),
        ])
        let (start, basis): (Field, String?) =
            switch self.explanation.start {
            case .past: (.none, nil)
            case .unknown(let why): (.none, "not known: \(why)")
            case .about(let time, let basis):
                // A start is no send where its calls are stopped.
                (
                    .time(time, in: self.zone),
                    self.explanation.hindrances.allSatisfy(\.delaysStart)
                        ? basis : "\(basis); its calls wait for what is said above"
                )
            }
        record.fields += [
            Record.Entry(key: "estimated_start", value: start), Record.Entry(key: "estimate", value: .optional(basis)),
        ]
        return record
    }

    private func count(_ number: Int?) -> Field { number.map { .count($0) } ?? .none }

    private func record(_ hindrance: JobHindrance) -> Record {
        switch hindrance {
        case .running(let lease, let since, let worker):
            let at = worker.map { "process \($0.processID) on \($0.host), \($0.state.rawValue)" } ?? "unknown"
            return self.line("running", "a worker runs it: \(at)", since: since, by: "\(lease.worker)")
        case .ended(let state, let at):
            let help = state == .failed ? "posthorn job retry \(self.spec.id)" : nil
            return self.line("ended", "it has ended: \(state.rawValue)", since: at, help: help)
        case .held(let reason, let failure):
            return self.line(
                "held", "it waits for a decision: \(reason)\(failure.map { " (\($0.code): \($0.message))" } ?? "")",
                since: self.explanation.job.since, help: "posthorn job release \(self.spec.id)")
        case .unknownEffect(let operation, let part, let since):
            return self.line(
                "unknown", "part \(part) of \(operation) was sent and nobody knows what became of it", since: since,
                help: "posthorn intent show \(operation)")
        case .notDue(let until, let last): return self.record(notDue: until, last)
        case .paused(let pause):
            let (words, help) = self.words(pause.scope)
            return self.line(
                "paused", "\(words) is paused\(pause.reason.map { ": \($0)" } ?? "")", since: pause.since, by: pause.by,
                help: help)
        case .closed(let gate):
            return self.line(
                "closed", "\(self.words(gate.scope)) is closed: \(gate.reason)", since: gate.since, until: gate.until,
                by: gate.by, help: "posthorn limit list --closed")
        case .endpointClosed(let gate, let use):
            let place = "\(gate.endpoint ?? "") of \(self.words(gate.scope))"
            return self.line(
                use == .always ? "endpoint" : "may-wait",
                use == .always
                    ? "it can start, but its calls to \(place) are closed: \(gate.reason)"
                    : "it can start and may have to wait: \(place) is closed, and it may call that: \(gate.reason)",
                since: gate.since, until: gate.until, by: gate.by, help: "posthorn limit list --closed")
        case .spent(let limit, let use):
            let what = limit.key.counts == .sends ? "posts" : "calls"
            let place = limit.key.endpoint == LimitKey.everyEndpoint ? "" : ", \(limit.key.endpoint)"
            let words =
                "\(limit.used) of \(limit.calls) \(what) in \(limit.key.window.readable) are used up for "
                + "\(self.words(limit.key.scope))\(place)"
            return self.line(
                use == .always ? "limit" : "may-wait",
                use == .always
                    ? "it can start, but what it sends is stopped: \(words)"
                    : "it can start and may have to wait, if it makes such calls: \(words)",
                until: limit.nextAt, by: limit.setBy ?? limit.source.rawValue, help: "posthorn limit list --closed")
        case .accountSlots(let limit, let holders):
            return self.line(
                "slots", "\(limit) job(s) of its account may run at once in queue \(self.spec.queue), and do",
                since: holders.first?.since, holders: holders)
        case .runningLimit(let scope, let queue, let limit, let holders):
            let place = queue.map { " in queue \($0)" } ?? ""
            return self.line(
                "slots", "\(limit) job(s) of \(self.words(scope)) may run at once\(place), and do",
                since: holders.first?.since, holders: holders)
        case .noWorker(let serving):
            return self.line(
                "no-worker",
                serving == 0
                    ? "no living worker serves queue \(self.spec.queue)"
                    : "\(serving) worker(s) serve queue \(self.spec.queue), but none runs \(self.spec.kind) on \(self.spec.provider)",
                help: "posthorn worker list")
        case .workersBusy(let pool):
            let rest = pool.running > pool.holders.count ? "; the \(pool.holders.count) longest are named" : ""
            return self.line(
                "busy",
                "\(pool.workers) worker(s) can run it, and their \(pool.slots ?? 0) slot(s) of queue \(self.spec.queue) are "
                    + "taken by \(pool.running) job(s)\(rest)",
                since: pool.holders.first?.since, help: "posthorn worker list", holders: pool.holders)
        }
    }

    /// A time that is not there yet, and what was done last.
    private func record(notDue until: Date, _ last: AttemptSummary?) -> Record {
        let help = "posthorn job reschedule \(self.spec.id) --at TIME"
        guard let last else { return self.line("not-due", "its time has not come", until: until, help: help) }
        let failure = last.failure.map { "\($0.code): \($0.message)" }
        let why = [last.reason, failure].compactMap(\.self).joined(separator: ", ")
        let what =
            switch last.outcome {
            case "retry": "attempt \(last.attempt) of \(self.spec.maximumAttempts) failed and is made again then"
            case "deferred": "its last run put it off until then"
            default: "its last run ended as \(last.outcome)"
            }
        return self.line(
            "not-due", "its time has not come: \(what)\(why.isEmpty ? "" : " (\(why))")", since: last.finishedAt,
            until: until, by: last.worker.map { "\($0)" }, help: help)
    }

    private func line(
        _ cause: String, _ what: String, since: Date? = nil, until: Date? = nil, by: String? = nil,
        help: String? = nil, holders: [SlotHolder] = []
    ) -> Record {
        var record = Record([
            "cause": .state(cause), "what": .text(what), "since": .time(since, in: self.zone),
            "until": .time(until, in: self.zone), "by": .optional(by), "help": .optional(help),
        ])
        if !holders.isEmpty {
            record.fields.append(
                Record.Entry(
                    key: "holders",
                    value: .list(
                        holders.map { holder in
                            .record(
                                Record([
                                    "job": .text("\(holder.job)"), "worker": .text("\(holder.worker)"),
                                    "since": .time(holder.since, in: self.zone),
                                ]))
                        })))
        }
        return record
    }

    private func words(_ scope: PauseScope) -> (words: String, help: String) {
        switch scope {
        case .queue(let queue): return ("queue \(queue)", "posthorn queue resume --queue \(queue)")
        case .client(let client):
            let name = self.names.client(client)
            return ("client \(name)", "posthorn client resume \(name)")
        case .clientQueue(let client, let queue):
            let name = self.names.client(client)
            return (
                "queue \(queue) of \(name)",
                "posthorn client resume \(name), or posthorn queue resume --queue \(queue) --client \(name)"
            )
        case .account(let client, let account):
            let name = "\(self.names.client(client))/\(self.names.account(account) ?? "\(account)")"
            return ("account \(name)", "posthorn account resume \(name)")
        case .accountQueue(let client, let account, let queue):
            let name = "\(self.names.client(client))/\(self.names.account(account) ?? "\(account)")"
            return ("queue \(queue) of account \(name)", "posthorn account resume \(name)")
        case .app(let app, let queue):
            let name = self.names.app(app)
            return ("queue \(queue) of the app \(name)", "posthorn app resume \(name)")
        }
    }

    private func words(_ scope: LimitScope) -> String {
        switch scope {
        case .account(let account): "account \(self.names.account(account) ?? "\(account)")"
        case .client(let client): "client \(self.names.client(client))"
        case .app: "app \(self.names.app(scope))"
        case .provider(let name): "platform \(name)"
        }
    }
}
