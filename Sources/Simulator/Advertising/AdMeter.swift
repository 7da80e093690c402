// SPDX-License-Identifier: MIT

extension AdDelivery {
    /// Counts what is spent, piece by piece, in whole units.
    struct Meter: Sendable {
        /// What one budget paid so far.
        struct Account: Sendable {
            var total = 0
            var days: [Int64: Int] = [:]
            /// The highest daily budget of each day.
            var budgets: [Int64: Int] = [:]

            mutating func add(_ amount: Int, day: Int64) {
                self.total += amount
                self.days[day, default: 0] += amount
            }

            func spent(in days: ClosedRange<Int64>) -> Int { days.reduce(0) { $0 + self.days[$1, default: 0] } }
        }

        let rule: AdSpendRule
        let seed: UInt64
        let campaign: SimulatedAdObject
        let groups: [SimulatedAdObject]
        private(set) var spend = AdSpend()
        private var ofCampaign = Account()
        private var ofGroups: [Int: Account] = [:]

        init(rule: AdSpendRule, seed: UInt64, campaign: SimulatedAdObject, groups: [SimulatedAdObject]) {
            self.rule = rule
            self.seed = seed
            self.campaign = campaign
            self.groups = groups
        }

        /// Counts a piece of time.
        mutating func count(_ piece: Piece, _ delivering: [(group: Int, ads: [Ad])]) {
            guard let campaign = self.campaign.state(at: piece.start) else { return }
            var amounts: [(group: Int, ads: [Ad], amount: Int)] = []
            for (group, ads) in delivering {
                guard let state = self.groups[group].state(at: piece.start) else { continue }
                let own = Share(id: self.groups[group].id, end: state.endsAt ?? campaign.endsAt, parts: 1)
                let common = Share(
                    id: self.campaign.id, end: campaign.endsAt ?? state.endsAt, parts: delivering.count)
                let pace = Pace(rule: self.rule, seed: self.seed, piece: piece)
                let limits =
                    pace.limits(state, own, &self.ofGroups[group, default: Account()])
                    + pace.limits(campaign, common, &self.ofCampaign)
                // Without any budget nothing is bought.
                guard campaign.hasBudget || state.hasBudget, let amount = limits.min(), amount > 0 else { continue }
                amounts.append((group, ads, amount))
            }
            for (group, ads, amount) in amounts {
                self.ofCampaign.add(amount, day: piece.day)
                self.ofGroups[group, default: Account()].add(amount, day: piece.day)
                for (index, ad) in ads.enumerated() {
                    let share = (amount + ads.count - 1 - index) / ads.count
                    self.spend.ads[ad.object.id, default: [:]][piece.day, default: 0] += share
                }
            }
        }
    }

    /// Whose budget it is, until when, and among how many it is divided.
    private struct Share {
        var id: String
        var end: WorldTime?
        var parts: Int
    }

    /// What a piece of time allows.
    private struct Pace {
        var rule: AdSpendRule
        var seed: UInt64
        var piece: Piece

        /// How much each budget of an object allows one of the groups that share it.
        func limits(
            _ state: SimulatedAdObject.State, _ share: Share, _ account: inout Meter.Account
        ) -> [Int] {
            var limits: [Int] = []
            let day = self.piece.day
            if let daily = state.daily {
                let pace = self.rule.share(of: day, seed: self.seed, id: share.id)
                limits.append(
                    Self.part(daily, pace, self.piece.length, of: self.piece.dayLength * 10_000, share.parts))
                account.budgets[day] = max(account.budgets[day] ?? 0, daily)
                if let days = self.rule.week(of: day) {
                    let highest = days.compactMap { account.budgets[$0] }.max() ?? daily
                    limits.append((7 * highest - account.spent(in: days)) / share.parts)
                }
            }
            if let lifetime = state.lifetime {
                let left = max(0, lifetime - account.total)
                let time = share.end.map { $0.milliseconds - self.piece.start.milliseconds } ?? 30 * 86_400_000
                limits.append(time > 0 ? Self.part(left, 1, min(self.piece.length, time), of: time, share.parts) : 0)
            }
            if let cap = state.dailyCap { limits.append((cap - account.days[day, default: 0]) / share.parts) }
            if let cap = state.lifetimeCap { limits.append((cap - account.total) / share.parts) }
            return limits.map { max(0, $0) }
        }

        /// `amount × factor × length ÷ whole ÷ parts`, rounded down.
        private static func part(_ amount: Int, _ factor: Int, _ length: Int64, of whole: Int64, _ parts: Int) -> Int {
            let product = Int128(amount) * Int128(factor) * Int128(length)
            return Int(product / (Int128(whole) * Int128(parts)))
        }
    }
}

extension SimulatedAdObject.State {
    fileprivate var hasBudget: Bool { self.daily != nil || self.lifetime != nil }
}
