// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import PluginKit
import Testing

@testable import Publishing

/// What a rule says, without a database.
struct RuleJudgeTests {
    private static let start = Date(timeIntervalSince1970: 1_772_524_800)
    private let account = AccountID()
    private let zone = ZoneID.utc

    private func rule(_ change: (inout BoostRule) -> Void = { _ in }) -> BoostRule {
        var rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        change(&rule)
        return rule
    }

    /// A post some hours before ``start`` with readings at 6 and 24 hours.
    private func post(
        _ hoursAgo: Double, at6 first: Int64, at24 second: Int64? = nil, isPaid: Bool = false, boosts: Int = 0
    ) -> EarlyPost {
        let published = Self.start.addingTimeInterval(-hoursAgo * 3_600)
        var readings = [EarlyPost.Reading(at: published.addingTimeInterval(6 * 3_600), value: first)]
        if let second {
            readings.append(EarlyPost.Reading(at: published.addingTimeInterval(24 * 3_600), value: second))
        }
        return EarlyPost(
            publication: PublicationID(), account: self.account, publishedAt: published, isPaid: isPaid, boosts: boosts,
            readings: readings)
    }

    /// Twelve ordinary posts, ten at 6 hours and forty at 24.
    private var ordinary: [EarlyPost] { (1...12).map { self.post(Double(100 + 24 * $0), at6: 10, at24: 40) } }

    private func answer(_ post: EarlyPost, _ rule: BoostRule, others: [EarlyPost]? = nil, made: [RuledBoost] = [])
        -> RuleVerdict?
    {
        RuleJudge(rule: rule, zone: self.zone).verdicts(
            EarlyResults((others ?? self.ordinary) + [post]), made: made, at: Self.start
        ).first { $0.publication == post.publication }
    }

    @Test("a post is compared at its own age, and one that has twice the typical is boosted with the numbers as reason")
    func earned() {
        let verdict = self.answer(self.post(8, at6: 21), self.rule())
        #expect(verdict?.code == .boost)
        #expect(verdict?.ratio == 2.1)
        #expect(verdict?.reason == "21 engagements after 6 h, 2.1 × the account's typical 10 (12 posts)")
        // Forty after a day is ordinary, however much it is after six hours.
        #expect(self.answer(self.post(30, at6: 15, at24: 40), self.rule())?.code == .belowThreshold)
    }

    @Test("a rule that counts hours compares with what the hour lets expect, and without a fit with the typical post")
    func byHour() {
        let hours = HourOfWeek.all.map { hour in
            AccountCurve.Hour(
                hour: hour, score: 2, lower: hour.weekday < 5 ? 1.5 : 0.5, upper: 3, ownShare: 1, chance: 1, posts: 9)
        }
        let kernel = WeeklyKernel(hours: 0.03, days: 0.005, both: 0.01, length: 0.8)
        let fit = StoredFit(
            id: UUID(), fittedAt: Self.start, curveID: UUID(), zone: .utc, posts: 12, newestAt: nil, digest: 0,
            excluded: [:],
            chosenAt: nil, curve: AccountCurve(hours: hours, variance: 1, own: kernel, drift: 0))
        let post = self.post(8, at6: 21)
        func answer(_ fits: [AccountID: StoredFit], byHour: Bool = true) -> RuleVerdict? {
            RuleJudge(rule: self.rule { $0.byHour = byHour }, zone: self.zone, fits: fits).verdicts(
                EarlyResults(self.ordinary + [post]), made: [], at: Self.start
            ).first { $0.publication == post.publication }
        }
        let counted = answer([self.account: fit])
        #expect(counted?.code == .belowThreshold && counted?.ratio == 1.05)
        #expect(
            counted?.reason
                == "21 engagements after 6 h, 1.1 × the 20 that Tue 00:00 lets expect: the account's typical 10 (12 posts), +100 % at that hour; the rule wants 2.0 ×"
        )
        #expect(answer([:])?.code == .boost && answer([self.account: fit], byHour: false)?.code == .boost)
    }

    @Test("what money bought is never what a post is compared with")
    func paidIsLeftOut() {
        let paid = (1...12).map { self.post(Double(100 + 24 * $0), at6: 1_000, isPaid: true) }
        #expect(self.answer(self.post(8, at6: 21), self.rule(), others: self.ordinary + paid)?.code == .boost)
    }

    @Test("a post that money promoted nobody knows since when is no candidate")
    func paidIsNoCandidate() {
        let bought = self.post(8, at6: 1_000, isPaid: true)
        #expect(self.answer(bought, self.rule()) == nil)
        #expect(self.answer(bought, self.rule { $0.byHour = true }) == nil)
    }

    @Test("with too few posts, or typical posts without any, nothing is said")
    func tooLittle() {
        let few = Array(self.ordinary.prefix(9))
        #expect(self.answer(self.post(8, at6: 21), self.rule(), others: few)?.code == .notEnoughData)
        let empty = (1...12).map { self.post(Double(100 + 24 * $0), at6: 0) }
        #expect(self.answer(self.post(8, at6: 21), self.rule(), others: empty)?.code == .notEnoughData)
    }

    @Test("posts outside the rule's ages, and those without a reading of such an age, are no candidates")
    func ages() {
        #expect(self.answer(self.post(5, at6: 21), self.rule()) == nil)
        #expect(self.answer(self.post(80, at6: 21, at24: 100), self.rule()) == nil)
        let wantsADay = self.rule { $0.minimumAgeHours = 24 }
        #expect(self.answer(self.post(30, at6: 21), wantsADay) == nil)
    }

    @Test("the caps of post, day and account hold, and say so")
    func caps() {
        let good = self.post(8, at6: 50)
        let other = PublicationID()
        let hourAgo = Self.start.addingTimeInterval(-3_600)
        let sameAccount = [RuledBoost(account: self.account, publication: other, at: hourAgo)]
        #expect(self.answer(good, self.rule(), made: sameAccount)?.code == .coolDown)
        let elsewhere = (0..<2).map { _ in RuledBoost(account: AccountID(), publication: other, at: hourAgo) }
        #expect(self.answer(good, self.rule(), made: elsewhere)?.code == .dayFull)
        let before = [
            RuledBoost(
                account: self.account, publication: good.publication, at: Self.start.addingTimeInterval(-40 * 3_600))
        ]
        #expect(self.answer(good, self.rule(), made: before)?.code == .boosted)
        #expect(self.answer(self.post(8, at6: 50, boosts: 1), self.rule())?.code == .boosted)
        #expect(self.answer(good, self.rule { $0.perPost = 2 }, made: before)?.code == .boost)
    }

    @Test(
        "a boost that a person called off, or the platform refused, is final for its post and uses up nothing of others"
    )
    func calledOff() {
        let (good, other) = (self.post(8, at6: 50), self.post(9, at6: 50))
        let hourAgo = Self.start.addingTimeInterval(-3_600)
        let made = [
            RuledBoost(account: self.account, publication: good.publication, at: hourAgo, hasBegun: false)
        ]
        let own = self.answer(good, self.rule(), made: made)
        #expect(own?.code == .boosted && own?.reason.contains("called off or refused") == true)
        #expect(self.answer(other, self.rule { $0.perDay = 1 }, made: made)?.code == .boost)
    }

    @Test("of several that earn it at once the best is boosted, and the next one waits for the cool-down")
    func bestFirst() {
        let (good, better) = (self.post(8, at6: 30), self.post(9, at6: 50))
        let verdicts = RuleJudge(rule: self.rule(), zone: self.zone).verdicts(
            EarlyResults(self.ordinary + [good, better]), made: [], at: Self.start)
        #expect(verdicts.map(\.code) == [.boost, .coolDown])
        #expect(verdicts.first?.publication == better.publication)
    }

    @Test("nothing is begun in quiet hours, also over midnight")
    func quietHours() {
        // The start is 08:00 UTC.
        for (from, until, isQuiet) in [(480, 540, true), (481, 540, false), (1_320, 481, true), (1_320, 480, false)] {
            let rule = self.rule { rule in
                rule.quietFrom = from
                rule.quietUntil = until
            }
            #expect(
                self.answer(self.post(8, at6: 30), rule)?.code == (isQuiet ? .quietHours : .boost), "\(from)-\(until)")
        }
    }
}
