// SPDX-License-Identifier: MIT

/// Rules that a simulated queue leaves out: for each there is a promise that is then seen to be broken.
struct LeftOut: OptionSet, Sendable, Hashable {
    let rawValue: Int

    /// A completion names its job and not its lease.
    static let leaseOfCompletion = Self(rawValue: 1 << 0)
    /// The fence does not look at the lease.
    static let leaseOfFence = Self(rawValue: 1 << 1)
    /// The rescue and its housekeeping do not look at what was being sent.
    static let sendsInRescue = Self(rawValue: 1 << 2)
    /// One read that does not find a send proves that it took no effect.
    static let secondRead = Self(rawValue: 1 << 3)
    /// Looks keep the distance of the platform's lists and forget how long a request may be on its way.
    static let timeOfRequest = Self(rawValue: 1 << 4)
    /// Tokens are looked at in the fence and taken after the send.
    static let debitInFence = Self(rawValue: 1 << 5)
    /// A claim counts what runs first and takes jobs in a later statement.
    static let slotKeys = Self(rawValue: 1 << 6)
    /// Workers write and compare beats by their own clocks.
    static let clockOfDatabase = Self(rawValue: 1 << 7)
    /// Of a deferred turn nothing is kept for the next claim.
    static let deficitCarry = Self(rawValue: 1 << 8)
    /// A worker whose fence had no answer sends all the same.
    static let fenceToken = Self(rawValue: 1 << 9)
}

/// What holds after every step, whatever happened before.
enum Promise: String, Sendable, Hashable {
    case onePlace = "a job is in exactly one place"
    case currentLease = "a completion carries the current lease"
    case growingLease = "lease numbers grow, and a lease ends once"
    case leasedSend = "what is being sent has its lease"
    case oneEffect = "nothing takes effect twice, unless the client's policy is to send again"
    case provenSend = "a send follows a proof that the one before it took no effect"
    case freeSlots = "no more jobs of an account run than it has slots"
    case limit = "no more calls leave in any window than the limit allows"
    case livingWorker = "a worker that beats keeps its jobs"
    case onRecord = "what took effect is on record"
    case end = "when faults stop, every job ends or is held with a reason"
    case turns = "a client with waiting work is not passed over for more than its turn"
}

/// A promise that was seen to be broken.
struct BrokenPromise: Error, Sendable, CustomStringConvertible {
    var promise: Promise
    var detail: String
    var description: String { "\(self.promise.rawValue): \(self.detail)" }
}
