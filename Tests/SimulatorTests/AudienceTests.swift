// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Audience and boosts")
struct AudienceTests {
    private static let monday = WorldTime(iso8601: "2026-11-16T00:00:00Z") ?? WorldTime(milliseconds: 0)

    @Test("weights are 168, positive, and 1 on average", arguments: [1, 2, 3, 99] as [UInt64])
    func weights(seed: UInt64) {
        let audience = Audience(seed: seed, timeZone: "UTC")
        #expect(audience.weights.count == 168)
        #expect(audience.weights.allSatisfy { $0 > 0 })
        #expect(abs(audience.weights.reduce(0, +) / 168 - 1) < 1e-9)
    }

    @Test("the same seed gives the same audience, another seed another")
    func seeds() {
        #expect(Audience(seed: 5, timeZone: "UTC").weights == Audience(seed: 5, timeZone: "UTC").weights)
        #expect(Audience(seed: 5, timeZone: "UTC").weights != Audience(seed: 6, timeZone: "UTC").weights)
    }

    @Test("half of the engagement comes in 2 hours, 95 % in 36")
    func share() {
        #expect(abs(Audience.share(atAge: 2 * 3600) - 0.5) < 0.005)
        #expect(abs(Audience.share(atAge: 36 * 3600) - 0.95) < 0.005)
        #expect(Audience.share(atAge: 0) == 0)
    }

    @Test("slots begin on Monday 00:00 in the audience's own zone, right across daylight saving")
    func slots() {
        #expect(Audience(seed: 1, timeZone: "UTC").slot(at: Self.monday) == 0)
        #expect(Audience(seed: 1, timeZone: "Europe/Berlin").slot(at: Self.monday) == 1)
        #expect(Audience(seed: 1, timeZone: "America/New_York").slot(at: Self.monday) == 163)
        let summer = WorldTime(iso8601: "2026-07-13T00:30:00Z") ?? Self.monday
        #expect(Audience(seed: 1, timeZone: "Europe/Berlin").slot(at: summer) == 2)
        #expect(Audience(seed: 1, timeZone: "Asia/Kolkata").slot(at: summer) == 6)
    }

    @Test("counters never fall as a post ages")
    func monotone() {
        let audience = Audience(seed: 3, timeZone: "UTC")
        let post = Audience.Subject(id: "p", followers: 20_000, visibleAt: Self.monday, hasLink: true, hasVideo: true)
        var last = Engagement()
        for minutes in stride(from: 0, through: 40 * 1440, by: 97) {
            let now = audience.engagement(of: post, at: Self.monday + Double(minutes) * 60)
            #expect(now.views >= last.views && now.likes >= last.likes && now.clicks >= last.clicks)
            #expect(now.shares >= last.shares && now.watchMilliseconds >= last.watchMilliseconds)
            last = now
        }
        #expect(last.views > 0)
    }

    @Test("posts in the best hours do better, in the proportion of the weights")
    func truth() throws {
        let audience = Audience(seed: 11, timeZone: "UTC")
        func mean(_ slot: Int) -> Double {
            let views = (0..<400).map { number -> Double in
                let post = Audience.Subject(
                    id: "p\(slot)-\(number)", followers: 10_000, visibleAt: Self.monday + Double(slot) * 3600)
                return Double(audience.engagement(of: post, at: Self.monday + 60 * 86_400).views)
            }
            return views.reduce(0, +) / 400
        }
        let slots = audience.weights.indices.sorted { audience.weights[$0] < audience.weights[$1] }
        let worst = try #require(slots.first)
        let best = try #require(slots.last)
        let expected = audience.weights[best] / audience.weights[worst]
        #expect(abs(mean(best) / mean(worst) / expected - 1) < 0.1)
    }

    private static func campaign(_ budget: SimulatedCampaign.Budget, days: Double = 3) -> SimulatedCampaign {
        SimulatedCampaign(
            id: "k", serial: 1, account: AccountKey(platform: .mock, externalID: "1"), marker: Marker(text: "n"),
            name: "n",
            postID: "p", objective: "engagement", budget: budget, createdAt: Self.monday, startsAt: Self.monday,
            endsAt: Self.monday + days * 86_400)
    }

    @Test("a lifetime budget is spent evenly, to the end and never beyond")
    func lifetime() {
        var campaign = Self.campaign(.init(amountMinor: 3000, currency: "EUR", isDaily: false))
        campaign.activatedAt = Self.monday
        let from = Self.monday + SimulatedCampaign.reviewSeconds
        #expect(campaign.spend(at: from) == 0)
        let half = from + (campaign.endsAt - from) / 2.0
        #expect(abs(campaign.spend(at: half) - 1500) <= 1)
        #expect(campaign.spend(at: campaign.endsAt + 999_999) == 3000)
        #expect(campaign.status(at: campaign.endsAt) == .completed)
    }

    @Test("a daily budget never pays for more than the seconds that were left of a day")
    func daily() {
        var campaign = Self.campaign(.init(amountMinor: 1000, currency: "EUR", isDaily: true))
        campaign.activatedAt = Self.monday + (43_200 - SimulatedCampaign.reviewSeconds)
        #expect(campaign.spend(at: Self.monday + 86_400) == 500)
        #expect(campaign.spend(at: Self.monday + 2 * 86_400) == 1500)
        #expect(campaign.spend(at: campaign.endsAt + 1) == 2500)
    }

    @Test("nothing is spent before the review, after a refusal or after a stop")
    func noSpend() {
        var campaign = Self.campaign(.init(amountMinor: 1000, currency: "EUR", isDaily: true))
        #expect(campaign.spend(at: Self.monday + 86_400) == 0)
        #expect(campaign.status(at: Self.monday) == .paused)
        campaign.activatedAt = Self.monday
        #expect(campaign.status(at: Self.monday + 10) == .inReview)
        campaign.stoppedAt = Self.monday + 86_400
        #expect(campaign.status(at: Self.monday + 86_400) == .stopped)
        #expect(campaign.spend(at: Self.monday + 86_400) == campaign.spend(at: Self.monday + 3 * 86_400))
        campaign.name = "mock:reject me"
        campaign.stoppedAt = nil
        #expect(campaign.status(at: Self.monday + 1000) == .rejected)
        #expect(campaign.spend(at: Self.monday + 86_400) == 0)
    }
}
