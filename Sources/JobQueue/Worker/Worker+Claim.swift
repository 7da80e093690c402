// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization

extension Worker {
    /// The most jobs that one claim takes.
    private static let largestClaim = 1_000
    /// From so many jobs on a claim is made in two halves, side by side.
    ///
    /// The server works on both, and what the first took begins while the second is under way; that is worth the 0.6 ms that a statement
    /// costs besides its jobs.
    private static let leastInHalves = 256

    /// Claims as many jobs as there are free slots, and a few ahead, whenever there may be some, until drained.
    func claimLoop() async {
        var pause = Duration.milliseconds(50)
        while !self.isDraining {
            // A fenced worker takes nothing it may have to give back.
            guard self.gate.canSend else {
                await self.wake.wait(until: .now + self.configuration.poll)
                continue
            }
            do {
                self.takeAlarms()
                let isHungry = try await self.claimRound()
                pause = .milliseconds(50)
                if isHungry { continue }
                if self.configuration.untilEmpty, try await self.isDone() {
                    self.drain()
                    continue
                }
                await self.wake.wait(until: self.nextLook())
            } catch {
                self.setback("claim", error)
                await self.wake.wait(until: .now + pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// One claim for each queue with free slots, whatever becomes of the claims before it.
    ///
    /// - Returns: Whether there may be more for slots that are free now.
    private func claimRound() async throws -> Bool {
        var isHungry = false
        var failure: (any Error)?
        for queue in self.configuration.slots.keys.sorted() where !self.isDraining {
            do {
                if try await self.claim(queue) { isHungry = true }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return isHungry
    }

    /// One claim: the lanes whose turn it is, and a look for further ones in the same round trip.
    private func claim(_ queue: QueueName) async throws -> Bool {
        let limit = min(self.freePlaces(queue), Self.largestClaim)
        guard limit > 0 else { return false }
        let now = ContinuousClock.now
        guard let (offer, after) = self.turns.withLock({ $0[queue]?.plan(limit: limit, now: now) }),
            offer.count > 0 || after != nil
        else { return false }

        let (plain, limited) = (offer.plain, offer.underLimits)
        if plain.jobCount >= Self.leastInHalves {
            try await self.takeInHalves(queue, plain, after: after)
        } else if !plain.isEmpty || after != nil {
            try await self.take(queue, plain, after: after)
        }
        for part in limited.jobCount >= Self.leastInHalves ? limited.halves : [limited] where !part.isEmpty {
            try await self.take(queue) { try await self.store.claimUnderLimits(self.laneClaim(queue, part)) }
        }
        let isFree = self.freePlaces(queue) > 0
        return isFree && self.turns.withLock { $0[queue]?.isHungry ?? false }
    }

    /// Claims of different lanes at the same time; each is seen to its end, whatever becomes of the other.
    ///
    /// Who answers first has the free slots first; the others wait for no longer than any job ahead.
    private func takeInHalves(_ queue: QueueName, _ shares: [LaneShare], after: Lane?) async throws {
        let halves = shares.halves
        async let first = Result { try await self.take(queue, halves[0], after: after) }
        let second = await Result { if !halves[1].isEmpty { try await self.take(queue, halves[1]) } }
        try await first.get()
        try second.get()
    }

    /// Takes jobs of lanes that are under no limit.
    private func take(_ queue: QueueName, _ shares: [LaneShare], after: Lane? = nil) async throws {
        try await self.take(queue) {
            let claim = shares.isEmpty ? nil : self.laneClaim(queue, shares)
            let (claimed, page) = try await self.store.claim(claim, scout: after.map { (queue, $0) })
            if after != nil { self.turns.withLock { $0[queue]?.saw(page, now: .now) } }
            return claimed
        }
    }

    /// How many jobs of a queue may be claimed now: those that get a slot at once, or soon.
    func freePlaces(_ queue: QueueName) -> Int {
        let ahead = self.slots[queue]?.ahead
        return self.table.withLock { $0.room(queue, ahead: ahead, at: .now) }
    }

    private func laneClaim(_ queue: QueueName, _ shares: [LaneShare]) -> LaneClaim {
        LaneClaim(queue: queue, worker: self.id, abilities: self.abilities, shares: shares)
    }

    /// Starts what a claim took.
    private func take(_ queue: QueueName, _ claim: () async throws -> LaneClaimAnswer) async throws {
        let asked = ContinuousClock.now
        self.table.withLock { $0.claimBegins() }
        var answer = LaneClaimAnswer()
        do {
            answer = try await claim()
        } catch {
            _ = self.table.withLock { $0.claimEnds([], at: .now) }
            throw error
        }
        // Told before any of them can begin.
        if !answer.jobs.isEmpty {
            self.onEvent(.claimed(queue, count: answer.jobs.count, took: .now - asked))
            self.configuration.crash.reached(.afterClaim)
        }
        let now = ContinuousClock.now
        let beginning = self.table.withLock { $0.claimEnds(answer.jobs, at: now) }
        self.turns.withLock { $0[queue]?.board.took(answer.answers, now: now) }
        for job in beginning { self.begin(job) }
    }

    /// Whether nothing runs here and nothing is due in the queues of this worker.
    private func isDone() async throws -> Bool {
        guard self.table.withLock({ $0.isEmpty }) else { return false }
        self.joinPromoted(try await self.store.promote())
        self.turns.withLock { turns in
            for queue in turns.keys {
                turns[queue]?.scout.request()
                turns[queue]?.board.reopen()
            }
        }
        while try await self.claimRound() {}
        return self.table.withLock { $0.isEmpty }
    }
}

extension Result where Failure == any Error {
    /// What a call came to.
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
