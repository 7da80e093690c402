// SPDX-License-Identifier: MIT

/// A run's claim to one of its queue's slots, which it holds while it occupies the platform or the machine.
///
/// A worker binds one around each handler in a queue where some handlers share slots (``JobHandler/holdsSlot(in:)``). A run that holds its slot
/// all the time has it before its handler begins, and nothing here changes that. Code without one (a run in another queue, a command, a
/// test) does not wait for anything.
package struct RunSlot: Sendable {
    /// The slot of this task's run.
    @TaskLocal package static var current: RunSlot?

    let slots: WorkSlots
    let run: Int64
    let isWhole: Bool

    /// Waits for a slot, unless the run has one; who has passed the fence has kept its place in the line.
    ///
    /// - Parameter end: When waiting makes no sense any more, because the permit to send is over: somewhat later it returns without a
    ///   slot, for a call that is refused as too late.
    /// - Throws: `CancellationError` when the task is cancelled meanwhile, or the run is over.
    package func take(until end: ContinuousClock.Instant? = nil) async throws {
        try await self.slots.take(self.run, until: end)
    }

    /// Gives the slot to others until it is taken again; also what was let into the fence and does not send.
    package func giveBack() {
        if !self.isWhole { self.slots.giveBack(self.run) }
    }

    /// Passes a fence without a slot, once one is near; a run that gets no grant has no place in the line any more.
    ///
    /// - Parameter fence: Passes it; nil when it may not be passed.
    /// - Throws: What the fence throws; `CancellationError` when the task is cancelled before.
    /// - Returns: The grant.
    package static func fencing<Grant: Sendable>(_ fence: () async throws -> Grant?) async throws -> Grant? {
        guard let slot = Self.current, !slot.isWhole else { return try await fence() }
        try await slot.slots.enterFence(slot.run)
        var grant: Grant?
        defer { if grant == nil { slot.giveBack() } }
        grant = try await fence()
        return grant
    }
}
