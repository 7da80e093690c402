// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence

/// Tells the troubles of the month from what the database and the platforms recorded.
struct DemoTroubles: Sendable {
    let services: ServiceContext
    let findings: DemoFindings
    let memory: DemoStage.Memory

    /// The troubles in order of time; one that did not come is not told.
    func tell() async throws -> [DemoReport.Trouble] {
        let all = [
            try await self.deadToken(), try await self.refusedPost(), self.fullBudget(), try await self.killedWorker(),
            try await self.lostAnswers(),
        ]
        return all.compactMap(\.self).sorted { $0.at < $1.at }
    }

    private func changes(of subject: Statement) async throws -> [(at: Date, to: String, reason: String?)] {
        let rows = try await self.services.pool.query(
            "SELECT at, to_state, reason FROM state_change WHERE subject_id = (" + subject + ") ORDER BY change_id")
        return try rows.map { (try $0.get("at"), try $0.get("to_state"), try $0.get("reason")) }
    }

    private func deadToken() async throws -> DemoReport.Trouble? {
        guard let died = self.memory.tokenDiedAt, let back = self.memory.reconnectedAt else { return nil }
        let changes = try await self.changes(
            of: """
                SELECT account_id FROM account JOIN client ON client.client_id = account.client_id
                WHERE client.slug = \(DemoAgency.bakery.slug) AND account.slug = 'x'
                """)
        guard let stopped = changes.first(where: { $0.to == "needs-reconnect" }) else { return nil }
        let waited = self.findings.targets.filter { self.memory.waited.contains($0.id) }
        let published = waited.count { $0.state == "published" }
        let late = waited.map { Duration.seconds(back.timeIntervalSince($0.due).rounded()).readable }
        let clock = ZoneID(rawValue: DemoAgency.bakery.zone) ?? .utc
        return DemoReport.Trouble(
            at: died, client: DemoAgency.bakery.slug, title: "A dying token",
            happened: "X no longer took the token of hafenbrot/x, nor the one that renews it. "
                + "The first call after that was made \(Duration.seconds(stopped.at.timeIntervalSince(died).rounded()).readable) later.",
            response: "The account went to needs-reconnect (“\(stopped.reason ?? "")”). "
                + "Nothing more was sent for it: \(waited.count) posts waited, everybody else went on.",
            result:
                "Connected again by a person at \(clock.wallTime(at: back).clock) the next day; \(published) of \(waited.count) posts went out, "
                + "\(late.joined(separator: " and ")) late.",
            ending: published == waited.count ? .settledByPerson : .needsPerson)
    }

    private func refusedPost() async throws -> DemoReport.Trouble? {
        guard let target = self.findings.targets.first(where: { $0.state == "failed" }) else { return nil }
        return DemoReport.Trouble(
            at: target.due, client: target.client, title: "A post that the platform refuses",
            happened: "\(target.client)/\(target.account): “\(target.text)”",
            response: "Failed at once, without a second try: “\(target.failure ?? "")”.",
            result: "It waits for a person. Next: \(target.nextAction ?? "change the post")",
            ending: .needsPerson)
    }

    private func fullBudget() -> DemoReport.Trouble? {
        guard let refusal = self.memory.overBudget else { return nil }
        return DemoReport.Trouble(
            at: refusal.at, client: DemoOffice.studied.client, title: "A budget near its cap",
            happened: "One more boost of \(refusal.amount) was ordered.",
            response: "Refused before anything was written: \(refusal.message).",
            result: "No money moved, the platform was not asked.", ending: .prevented)
    }

    private func killedWorker() async throws -> DemoReport.Trouble? {
        guard let killed = self.memory.killed,
            let target = self.findings.targets.first(where: { $0.id == killed.target })
        else { return nil }
        let attempts = try await self.services.jobs.attempts(of: killed.job)
        let ids = target.remoteIDs
        let copies = self.findings.entries.count {
            $0.kind == "post" && $0.tookEffect && ids.contains($0.remoteID ?? "")
        }
        guard let owner = try await self.services.jobs.owner(of: killed.job) else { return nil }
        let sends = try await EffectLedger(pool: self.services.pool).sends(
            of: "publish:\(killed.target)", client: owner)
        let outcomes = attempts.map { "\($0.outcome)" }.joined(separator: ", ")
        return DemoReport.Trouble(
            at: killed.at, client: target.client, title: "A worker killed in the middle of sending",
            happened:
                "Process \(killed.process) was killed (kill -9) while \(target.client)/\(target.account) was being published: "
                + "the platform had the post, the worker did not have the answer.",
            response:
                "After \(String(format: "%.1f", killed.realSeconds)) s without a heartbeat the fleet took its job back and called the "
                + "outcome unknown. Another worker looked at the account before anything else (attempts: \(outcomes)).",
            result:
                "Found and adopted: sent \(Self.times(Int64(sends.count))), on the platform \(Self.times(Int64(copies))).",
            ending: target.state == "published" && copies == 1 ? .healed : .needsPerson)
    }

    private func lostAnswers() async throws -> DemoReport.Trouble? {
        let lost = self.findings.entries.filter { $0.kind == "post" && $0.answer == "reset_after_effect" }
        guard let first = lost.first else { return nil }
        let known = Set(self.findings.targets.flatMap(\.remoteIDs))
        let adopted = lost.count { known.contains($0.remoteID ?? "") }
        return DemoReport.Trouble(
            at: first.at, title: "Answers that never came",
            happened:
                "\(lost.count) times in the month a platform took a post and the connection broke before its answer.",
            response: "None was sent again: each was looked up in the account's own list.",
            result: "\(adopted) of \(lost.count) found and adopted.",
            ending: adopted == lost.count ? .healed : .needsPerson)
    }

    private static func times(_ count: Int64) -> String { count == 1 ? "once" : "\(count) times" }
}
