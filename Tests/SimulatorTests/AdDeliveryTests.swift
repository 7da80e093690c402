// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Delivery of paid promotion")
struct AdDeliveryTests {
    private static let start = WorldTime(iso8601: "2026-03-02T00:00:00Z") ?? WorldTime(milliseconds: 0)

    private static func day(_ number: Double) -> WorldTime { self.start + number * 86_400 }

    private static func object(
        _ id: String, _ level: SimulatedAdObject.Level, network: AdNetwork, daily: Int? = nil, lifetime: Int? = nil,
        until end: WorldTime? = nil
    ) -> SimulatedAdObject {
        SimulatedAdObject(
            id: id, serial: 1, account: AdAccountKey(network: network, id: "1"), level: level, name: id,
            marker: Marker(text: id), settings: "{}",
            states: [.init(at: self.start, status: .active, daily: daily, lifetime: lifetime, endsAt: end)],
            reviewedAt: level == .ad ? self.start : nil, createdAt: self.start, updatedAt: self.start)
    }

    /// A campaign with one budget at its ad group, or at itself, and as many ad groups as asked for.
    private static func delivery(
        _ network: AdNetwork = .meta, daily: Int? = nil, lifetime: Int? = nil, until end: WorldTime? = nil,
        ofCampaign: Bool = false, groups: Int = 1, ads: Int = 1, zone: String = "UTC", seed: UInt64 = 7
    ) -> AdDelivery {
        let account = SimulatedAdAccount(
            key: AdAccountKey(network: network, id: "1"), serial: 1, name: "a", currency: "EUR", timeZone: zone,
            minimumDaily: 100, reviewSeconds: 900, funding: [.init(at: self.start, isFunded: true)],
            createdAt: self.start)
        let campaign = Self.object(
            "c", .campaign, network: network, daily: ofCampaign ? daily : nil, lifetime: ofCampaign ? lifetime : nil)
        return AdDelivery(
            account: account, campaign: campaign,
            groups: (0..<groups).map { group in
                .init(
                    object: Self.object(
                        "g\(group)", .group, network: network, daily: ofCampaign ? nil : daily,
                        lifetime: ofCampaign ? nil : lifetime, until: end),
                    ads: (0..<ads).map {
                        .init(
                            object: Self.object("g\(group)a\($0)", .ad, network: network), visibleFrom: self.start,
                            visibleUntil: nil)
                    })
            }, seed: seed)
    }

    private static func byDay(_ spend: AdSpend) -> [Int64: Int] { spend.days(of: Array(spend.ads.keys)) }

    @Test(
        "Meta spends at most 1.75 daily budgets on a day and 7 in a week, and uses that freedom", arguments: 1...8)
    func overspend(seed: UInt64) {
        let days = Self.byDay(Self.delivery(daily: 1000, seed: seed).spend(until: Self.day(60)))
        let first = LocalDay.number(of: Self.start, in: "UTC")
        let amounts = (0..<60).map { days[first + Int64($0)] ?? 0 }
        #expect(amounts.allSatisfy { (0...1750).contains($0) })
        // The first day is a Monday, the sixth after it a Sunday.
        let weeks = [0..<6] + (0..<7).map { 6 + $0 * 7..<13 + $0 * 7 }
        #expect(weeks.allSatisfy { amounts[$0].reduce(0, +) <= 7000 })
        #expect(amounts.contains { $0 > 1300 })
    }

    @Test("X and TikTok never spend more than the budget of a day", arguments: [AdNetwork.x, .tiktok])
    func exact(network: AdNetwork) {
        let days = Self.byDay(Self.delivery(network, daily: 20_000_001).spend(until: Self.day(40)))
        #expect(days.count == 40 && days.values.allSatisfy { $0 <= 20_000_001 && $0 > 18_000_000 })
    }

    @Test(
        "a lifetime budget is spent to the last unit by the end and never passed",
        arguments: [AdNetwork.meta, .x, .tiktok], [false, true])
    func lifetime(network: AdNetwork, ofCampaign: Bool) {
        let delivery = Self.delivery(
            network, lifetime: 10_007, until: Self.day(9.5), ofCampaign: ofCampaign, ads: 3)
        let half = delivery.spend(until: Self.day(4.75)).total
        #expect((4900...5100).contains(half))
        #expect(delivery.spend(until: Self.day(9.5)).total == 10_007)
        #expect(delivery.spend(until: Self.day(400)).total == 10_007)
    }

    @Test("what a campaign's own budget pays for several ad groups and ads stays within it")
    func sharedBudget() {
        let days = Self.byDay(
            Self.delivery(.x, daily: 1001, ofCampaign: true, groups: 3, ads: 2).spend(until: Self.day(5)))
        #expect(days.values.allSatisfy { $0 <= 1001 && $0 > 850 })
    }

    @Test("the spend at an instant is the same however often and in whatever order it is asked", arguments: 1...4)
    func reproducible(seed: UInt64) {
        let zone = "Europe/Berlin"
        let delivery = Self.delivery(daily: 777, ads: 2, zone: zone, seed: seed)
        let times = stride(from: 0, through: 40, by: 0.37).map { Self.day($0) }
        let forward = times.map { delivery.spend(until: $0).total }
        let backward = times.reversed().map { delivery.spend(until: $0).total }
        #expect(forward == backward.reversed())
        #expect(forward == forward.sorted())
    }

    @Test("nothing is spent while any level is off, unreviewed, out of schedule, without funds or without its post")
    func gates() {
        let base = Self.delivery(.x, daily: 86_400_000)
        let spent = base.spend(until: Self.day(1)).total
        #expect(spent > 0)
        func without(_ change: (inout AdDelivery) -> Void) -> Int {
            var delivery = base
            change(&delivery)
            return delivery.spend(until: Self.day(1)).total
        }
        let half = Self.day(0.5)
        let halves = [
            without { $0.campaign.change(at: half) { $0.status = .paused } },
            without { $0.groups[0].object.change(at: half) { $0.status = .paused } },
            without { $0.groups[0].ads[0].object.change(at: half) { $0.status = .deleted } },
            without { $0.groups[0].ads[0].object.reviewedAt = half },
            without { $0.groups[0].object.states[0].startsAt = half },
            without { $0.groups[0].object.states[0].endsAt = half },
            without { $0.account.funding.append(.init(at: half, isFunded: false)) },
            without { $0.groups[0].ads[0].visibleUntil = half },
        ]
        #expect(halves.allSatisfy { abs($0 - spent / 2) <= 1 })
        #expect(without { $0.groups[0].ads[0].object.isRefused = true } == 0)
        #expect(without { $0.groups[0].ads[0].visibleFrom = nil } == 0)
        #expect(without { $0.groups[0].ads = [] } == 0)
        #expect(without { $0.groups[0].object.states[0].daily = nil } == 0)
    }

    @Test("a change of budget counts from then on; what was spent before stays")
    func budgetChange() {
        var delivery = Self.delivery(.x, daily: 1_000_000)
        let before = delivery.spend(until: Self.day(2)).total
        delivery.groups[0].object.change(at: Self.day(2)) { $0.daily = 10 }
        #expect(delivery.spend(until: Self.day(2)).total == before)
        #expect((before...before + 30).contains(delivery.spend(until: Self.day(5)).total))
    }

    @Test("results follow the spend, and the days add up to the whole")
    func results() {
        let ad = Self.object("a", .ad, network: .meta)
        let prices = AdPrices(ad, currency: "EUR", hasVideo: true, seed: 3)
        #expect(prices.results(for: 0) == AdResults())
        let counts = stride(from: 0, through: 50_000, by: 500).map { prices.results(for: $0).impressions }
        #expect(counts == counts.sorted())
        #expect((6_000...13_000).contains(prices.results(for: 5000).impressions))
        #expect(
            prices.results(for: 900) - prices.results(for: 300) + prices.results(for: 300) == prices.results(for: 900))
    }

    @Test("days begin at midnight of the account, on days of 23 and 25 hours too")
    func localDays() {
        let zone = "Europe/Berlin"
        let day = LocalDay.number(of: WorldTime(iso8601: "2026-03-29T12:00:00Z") ?? Self.start, in: zone)
        #expect(LocalDay.text(day) == "2026-03-29")
        #expect(LocalDay.start(of: day, in: zone).iso8601 == "2026-03-28T23:00:00.000Z")
        #expect(LocalDay.start(of: day + 1, in: zone) - LocalDay.start(of: day, in: zone) == 23 * 3600)
        let autumn = LocalDay.number("2026-10-25") ?? 0
        #expect(LocalDay.start(of: autumn + 1, in: zone) - LocalDay.start(of: autumn, in: zone) == 25 * 3600)
    }

    @Test(
        "amounts are written in the currency, by each network's own units",
        arguments: [
            (AdNetwork.meta, 1234, "EUR", "12.34"), (.meta, 500, "JPY", "500"), (.meta, 500, "HUF", "500"),
            (.x, 12_340_000, "EUR", "12.340000"), (.x, 500_000_000, "JPY", "500.000000"),
            (.tiktok, 1205, "USD", "12.05"),
            (.tiktok, 500, "JPY", "500"), (.tiktok, 1234, "KWD", "1.234"),
        ])
    func units(network: AdNetwork, amount: Int, currency: String, text: String) {
        #expect(network.decimal(amount, of: currency) == text)
    }

    @Test(
        "a preset is the days that its name says",
        arguments: [
            ("today", "2026-03-04", "2026-03-04"), ("yesterday", "2026-03-03", "2026-03-03"),
            ("last_7d", "2026-02-25", "2026-03-03"), ("last_30d", "2026-02-02", "2026-03-03"),
            ("this_month", "2026-03-01", "2026-03-04"), ("last_month", "2026-02-01", "2026-02-28"),
            ("this_week_mon_today", "2026-03-02", "2026-03-04"), ("last_week_sun_sat", "2026-02-22", "2026-02-28"),
            ("last_quarter", "2025-10-01", "2025-12-31"), ("last_year", "2025-01-01", "2025-12-31"),
            ("maximum", "2026-01-15", "2026-03-04"),
        ])
    func presets(name: String, since: String, until: String) throws {
        let today = try #require(LocalDay.number("2026-03-04"))
        let days = AdDateRange.days(name, today: today, first: try #require(LocalDay.number("2026-01-15")))
        #expect([LocalDay.text(days.lowerBound), LocalDay.text(days.upperBound)] == [since, until])
    }
}
