// SPDX-License-Identifier: MIT

/// What a campaign spent: units by ad and by day of the account's zone.
struct AdSpend: Sendable, Equatable {
    var ads: [String: [Int64: Int]] = [:]

    /// What some ads spent, by day.
    func days(of ads: [String]) -> [Int64: Int] {
        ads.reduce(into: [:]) { sum, id in sum.merge(self.ads[id] ?? [:], uniquingKeysWith: +) }
    }

    /// What an ad spent in all.
    func total(of ad: String) -> Int { self.ads[ad, default: [:]].values.reduce(0, +) }

    var total: Int { self.ads.values.reduce(0) { $0 + $1.values.reduce(0, +) } }
}

/// The delivery of a campaign as a function of its history: the same history gives the same spend, whoever asks when.
///
/// Time is cut where anything changed, where schedules begin and end, and at the account's midnights. Inside a piece each
/// ad group that delivers spends in proportion to the time: of a daily budget the day's share, of a lifetime budget what
/// is left over the time that is left. Several budgets: the lowest counts. A campaign's budget is divided equally among
/// the groups that deliver, a group's spend among its ads. An ad delivers while all three levels are active and within
/// their schedules, its review is over and favourable, its post is live and the account can pay.
struct AdDelivery: Sendable {
    /// An ad, and when what it promotes can be seen.
    struct Ad: Sendable {
        var object: SimulatedAdObject
        var visibleFrom: WorldTime?
        var visibleUntil: WorldTime?

        func delivers(at time: WorldTime) -> Bool {
            guard let state = self.object.state(at: time), state.status == .active, state.isWithinSchedule(time),
                let approvedAt = self.object.approvedAt, approvedAt <= time,
                let visibleFrom = self.visibleFrom, visibleFrom <= time
            else { return false }
            return self.visibleUntil.map { time < $0 } ?? true
        }
    }

    struct Group: Sendable {
        var object: SimulatedAdObject
        var ads: [Ad]
    }

    var account: SimulatedAdAccount
    var campaign: SimulatedAdObject
    var groups: [Group]
    var seed: UInt64

    private var zone: String { self.account.timeZone }
    private var rule: AdSpendRule { self.account.key.network.spendRule }

    /// Whether an ad group delivers at an instant, and with which ads.
    func delivering(at time: WorldTime) -> [(group: Int, ads: [Ad])] {
        guard self.account.isFunded(at: time), let state = self.campaign.state(at: time), state.status == .active,
            state.isWithinSchedule(time)
        else { return [] }
        return self.groups.enumerated().compactMap { index, group in
            guard let state = group.object.state(at: time), state.status == .active, state.isWithinSchedule(time)
            else { return nil }
            let ads = group.ads.filter { $0.delivers(at: time) }
            return ads.isEmpty ? nil : (index, ads)
        }
    }

    /// What was spent until an instant.
    func spend(until now: WorldTime) -> AdSpend {
        var meter = Meter(rule: self.rule, seed: self.seed, campaign: self.campaign, groups: self.groups.map(\.object))
        let cuts = self.cuts(until: now)
        for (start, end) in zip(cuts, cuts.dropFirst() + [now]) where start < end {
            let delivering = self.delivering(at: start)
            guard !delivering.isEmpty else { continue }
            let day = LocalDay.number(of: start, in: self.zone)
            let piece = Piece(
                start: start, end: end, day: day,
                dayLength: LocalDay.start(of: day + 1, in: self.zone).milliseconds
                    - LocalDay.start(of: day, in: self.zone).milliseconds)
            meter.count(piece, delivering)
        }
        return meter.spend
    }

    /// The beginnings of the pieces of time.
    private func cuts(until now: WorldTime) -> [WorldTime] {
        var cuts = Set(self.account.funding.map(\.at))
        for object in [self.campaign] + self.groups.map(\.object) + self.groups.flatMap({ $0.ads.map(\.object) }) {
            for state in object.states {
                cuts.formUnion([state.at, state.startsAt ?? state.at, state.endsAt ?? state.at])
            }
            if let reviewedAt = object.reviewedAt { cuts.insert(reviewedAt) }
        }
        for ad in self.groups.flatMap(\.ads) { cuts.formUnion([ad.visibleFrom, ad.visibleUntil].compactMap(\.self)) }
        cuts = cuts.filter { self.campaign.createdAt <= $0 && $0 < now }
        guard let first = cuts.min() else { return [] }
        // Nothing is delivered after the last end, so there are no days to count after it.
        let day = LocalDay.number(of: first, in: self.zone)
        let last = LocalDay.number(of: min(now, self.lastInstant ?? now), in: self.zone)
        if day < last { for number in (day + 1)...last { cuts.insert(LocalDay.start(of: number, in: self.zone)) } }
        return cuts.filter { $0 < now }.sorted()
    }

    /// After which no group delivers, when all of them have an end or are off.
    private var lastInstant: WorldTime? {
        if self.campaign.state.status != .active { return self.campaign.state.at }
        var last: WorldTime?
        for group in self.groups {
            let state = group.object.state
            guard let end = state.status == .active ? state.endsAt ?? self.campaign.state.endsAt : state.at else {
                return nil
            }
            last = max(last ?? end, end)
        }
        return last
    }
}

/// A stretch of time in which nothing changes.
struct Piece: Sendable {
    var start: WorldTime
    var end: WorldTime
    var day: Int64
    /// Milliseconds of the whole day.
    var dayLength: Int64

    var length: Int64 { self.end.milliseconds - self.start.milliseconds }
}
