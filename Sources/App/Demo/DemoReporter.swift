// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import Persistence
import Publishing

/// Turns findings into the report that the page and the terminal show.
///
/// Pure but for ``week(_:)``.
struct DemoReporter: Sendable {
    let findings: DemoFindings
    let verdict: DemoVerdict

    /// The report.
    func report(
        run: DemoReport.Run, boosts: [DemoReport.Boost], troubles: [DemoReport.Trouble], week: DemoReport.Week?,
        commands: [DemoReport.Command] = []
    ) -> DemoReport {
        DemoReport(
            period: .init(start: DemoPlan.start, end: DemoPlan.end), run: run,
            clients: DemoAgency.clients.map {
                .init(slug: $0.slug, name: $0.name, zone: ZoneID(rawValue: $0.zone) ?? .utc)
            },
            deliveries: self.deliveries, lateness: self.lateness, proof: self.proof(workers: run.workers),
            calendar: self.findings.targets.map { self.entry($0) }, week: week, boosts: boosts, feed: self.feed,
            troubles: troubles, commands: commands)
    }

    /// The state that is shown of a target.
    func state(of target: DemoFindings.Target) -> DemoReport.PostState {
        switch target.state {
        case "published":
            return self.verdict.lateness[target.id, default: 0] <= DemoVerdict.onTimeLimit ? .published : .late
        case "failed", "missed": return .failed
        case "waiting", "unknown": return .waiting
        case "cancelled": return .cancelled
        default: return .scheduled
        }
    }

    /// What became of the posts by client and platform, in the clients' order.
    var deliveries: [DemoReport.Delivery] {
        DemoAgency.clients.flatMap { client in
            let own = self.findings.targets.filter { $0.client == client.slug }
            return Set(own.map(\.platform)).sorted().map { platform in
                let targets = own.filter { $0.platform == platform }
                let states = targets.map { self.state(of: $0) }
                func count(_ state: DemoReport.PostState) -> Int { states.count { $0 == state } }
                let engagement = targets.compactMap(\.engagement)
                let views = targets.compactMap(\.views)
                return DemoReport.Delivery(
                    client: client.slug, platform: platform, due: targets.count, onTime: count(.published),
                    late: count(.late), failed: count(.failed), waiting: count(.waiting),
                    engagement: engagement.isEmpty ? nil : engagement.reduce(0, +),
                    views: views.isEmpty ? nil : views.reduce(0, +))
            }
        }
    }

    /// Lateness by platform and in all.
    var lateness: [DemoReport.Lateness] {
        let platforms = Set(self.findings.targets.map(\.platform)).sorted()
        let rows = platforms.map { Optional($0) } + [nil]
        return rows.compactMap { platform in
            DemoReport.Lateness(platform: platform, of: self.latenesses(platform: platform, client: nil))
        }
    }

    /// How late the targets of a client on a platform appeared, in seconds.
    func latenesses(platform: PlatformID?, client: String?) -> [Double] {
        self.findings.targets.filter {
            (platform == nil || $0.platform == platform) && (client == nil || $0.client == client)
        }.compactMap { self.verdict.lateness[$0.id] }
    }

    private func proof(workers: Int) -> DemoReport.Proof {
        // A dead token, a refused post, a slow answer with a killed worker, and every lost answer.
        DemoReport.Proof(
            onTimeLimitSeconds: DemoVerdict.onTimeLimit, visible: self.verdict.visible,
            duplicates: self.verdict.duplicates, missing: self.verdict.missing.count,
            faults: 3 + self.findings.lostAnswers)
    }

    private func entry(_ target: DemoFindings.Target) -> DemoReport.CalendarEntry {
        let state = self.state(of: target)
        var note: String?
        if state == .late, let late = self.verdict.lateness[target.id] {
            note = "appeared \(Duration.seconds(late.rounded()).readable) after it was due"
        } else if state == .failed || state == .waiting {
            note = target.failure
        }
        return DemoReport.CalendarEntry(
            client: target.client, account: "\(target.client)/\(target.account)", platform: target.platform,
            due: target.due, text: target.text, state: state, isBoosted: target.isPaid, note: note)
    }

    /// The newest posts of each platform, with those that were boosted.
    var feed: [DemoReport.FeedCard] {
        let targets = Dictionary(
            self.findings.targets.flatMap { target in target.remoteIDs.map { ("\(target.platform)/\($0)", target) } },
            uniquingKeysWith: { first, _ in first })
        var cards: [DemoReport.FeedCard] = []
        for platform in Set(self.findings.visible.map(\.platform)).sorted() {
            for post in self.findings.visible.filter({ $0.platform == platform }).prefix(8) {
                guard let target = targets["\(platform)/\(post.id)"] else { continue }
                cards.append(
                    DemoReport.FeedCard(
                        client: target.client, account: "\(target.client)/\(target.account)", name: target.name,
                        platform: platform, at: post.at, text: post.text,
                        pictures: post.isReply ? [] : target.pictures, isReply: post.isReply,
                        isBoosted: post.isBoosted, counts: post.counts))
            }
        }
        return cards
    }

    /// What the model learnt of the account whose past the workers fetched, the month's own readings included, beside its pretend audience.
    func week(_ services: ServiceContext, _ admin: SimulatorAdmin) async throws -> DemoReport.Week {
        let studied = "\(DemoOffice.studied.client)/\(DemoOffice.studied.account)"
        let timing = try await TimingService(pool: services.pool).timing(of: studied)
        let truth = try await admin.audience(
            platform: timing.account.platform.rawValue, account: timing.account.externalID)
        let recommended = timing.recommended(posts: 5).sorted()
        let comparison = TruthComparison(
            scores: timing.fit.curve.hours.map(\.score), truth: truth, plan: recommended)
        var words =
            "against the pretend audience's true week: rank correlation \(String(format: "%.2f", comparison.rankCorrelation))"
        if let reached = comparison.reached {
            words += ", the recommended hours reach \(Int((reached * 100).rounded())) % of the best plan"
        }
        return DemoReport.Week(
            account: studied, platform: timing.account.platform, zone: timing.fit.zone, curve: timing.fit.curve,
            recommended: recommended, dataLine: timing.dataLine, sentences: timing.sentences, truth: words)
    }
}

extension DemoFindings {
    /// Calls that took effect and were never answered.
    var lostAnswers: Int { self.entries.count { $0.answer == "reset_after_effect" } }
}
