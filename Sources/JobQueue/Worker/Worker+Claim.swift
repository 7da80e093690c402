// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization

extension Worker {
    /// The most jobs that one claim takes.
    private static let largestClaim = 500
    /// From so many free slots on, a claim leaves although one of its queue is under way: the next jobs are on their way
    /// while those of the one before are begun.
    private static let worthSecondClaim = 64

    /// What the claim loop remembers between its rounds.
    private struct Round {
        /// The pause after a failed claim; it grows while they fail.
        var pause = Duration.milliseconds(50)
        /// Nothing is asked before then.
        var restUntil: ContinuousClock.Instant?
        /// Whether everything was looked for once more since work was last found.
        var hasLookedAgain = false
    }

    /// Claims as many jobs as there are free slots, whenever there may be some, until drained.
    func claimLoop(_ jobs: inout DiscardingTaskGroup) async {
        var round = Round()
        while true {
            for landing in self.arrivals.take() { self.land(landing, &round, &jobs) }
            let isQuiet = self.turns.withLock { $0.values.allSatisfy { $0.claims == 0 } }
            if self.isDraining {
                if isQuiet { return }
                await self.wake.wait()
                continue
            }
            let now = ContinuousClock.now
            if let rest = round.restUntil, now < rest {
                await self.wake.wait(until: rest)
                continue
            }
            // A fenced worker takes nothing it may have to give back.
            guard self.gate.canSend else {
                await self.wake.wait(until: now + self.configuration.poll)
                continue
            }
            self.takeAlarms()
            if self.sendClaims(&jobs) { continue }
            if isQuiet, self.configuration.untilEmpty, await self.lookAgain(&round) { continue }
            await self.wake.wait(until: self.nextLook())
        }
    }

    /// Sends out the claims that there are slots and lanes for.
    ///
    /// - Returns: Whether there was one.
    private func sendClaims(_ jobs: inout DiscardingTaskGroup) -> Bool {
        var hasSent = false
        for queue in self.configuration.slots.keys.sorted() {
            let limit = min(self.table.withLock { $0.freeSlots(queue) }, Self.largestClaim)
            guard limit > 0 else { continue }
            let now = ContinuousClock.now
            let flights = self.turns.withLock { turns -> [ClaimFlight] in
                guard let known = turns[queue],
                    known.claims == 0 || (known.claims == 1 && limit >= Self.worthSecondClaim)
                else { return [] }
                return turns[queue]?.flights(queue, limit: limit, now: now) ?? []
            }
            for flight in flights {
                hasSent = true
                self.table.withLock { $0.claimBegins(queue, slots: flight.slots) }
                jobs.addTask {
                    self.arrivals.add(ClaimLanding(flight: flight, result: await self.fly(flight)))
                    self.wake.signal()
                }
            }
        }
        return hasSent
    }

    /// Asks the database: the lanes whose turn it is, and a look for further ones in the same round trip.
    private func fly(_ flight: ClaimFlight) async -> ClaimLanding.Result {
        let claim = LaneClaim(
            queue: flight.queue, worker: self.id, abilities: self.abilities, shares: flight.shares)
        do {
            if flight.isUnderLimits {
                return .taken(try await self.store.claimUnderLimits(claim), sighted: [])
            }
            let (claimed, sighted) = try await self.store.claim(
                flight.shares.isEmpty ? nil : claim, scout: flight.after.map { (flight.queue, $0) })
            return .taken(claimed, sighted: sighted)
        } catch {
            return .failed(error)
        }
    }

    /// Starts what a claim took.
    private func land(_ landing: ClaimLanding, _ round: inout Round, _ jobs: inout DiscardingTaskGroup) {
        let flight = landing.flight
        let now = ContinuousClock.now
        var answer = LaneClaimAnswer()
        switch landing.result {
        case .failed(let error):
            self.turns.withLock { if flight.after != nil { $0[flight.queue]?.scout.lostPage() } }
            self.setback("claim", error)
            round.restUntil = now + round.pause
            round.pause = min(round.pause * 2, .seconds(2))
        case .taken(let claimed, let sighted):
            self.turns.withLock { if flight.after != nil { $0[flight.queue]?.saw(sighted, now: now) } }
            answer = claimed
            round.restUntil = nil
            round.pause = .milliseconds(50)
        }
        self.table.withLock { $0.claimEnds(flight.queue, slots: flight.slots, jobs: answer.jobs) }
        self.turns.withLock { $0[flight.queue]?.ends(flight.lanes, answers: answer.answers, now: now) }
        guard !answer.jobs.isEmpty else { return }
        round.hasLookedAgain = false
        self.onEvent(.claimed(flight.queue, count: answer.jobs.count, took: now - flight.left))
        self.configuration.crash.reached(.afterClaim)
        for job in answer.jobs { self.start(job, in: &jobs) }
    }

    /// When nothing runs here: looks everywhere once more, and drains when that finds nothing either.
    ///
    /// - Returns: Whether the loop has something to do.
    private func lookAgain(_ round: inout Round) async -> Bool {
        guard self.table.withLock({ $0.isEmpty }) else { return false }
        if round.hasLookedAgain {
            guard !self.turns.withLock({ $0.values.contains { $0.isHungry } }) else { return false }
            self.drain()
            return true
        }
        do {
            self.joinPromoted(try await self.store.promote())
        } catch {
            self.setback("promote", error)
            return false
        }
        round.hasLookedAgain = true
        self.turns.withLock { turns in
            for queue in turns.keys {
                turns[queue]?.scout.request()
                turns[queue]?.board.reopen()
            }
        }
        return true
    }
}
