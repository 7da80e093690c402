// SPDX-License-Identifier: MIT

import JobQueue
import Logging
package import PluginKit

/// Debits every call of a plugin before it leaves, and keeps back what a limit does not allow.
///
/// A visible call comes with a permit: the fence has debited it. What the answers say of the limits is taken over. Each call has the slot
/// of its run, which keeps it for what follows, but for the visible call.
package struct LimitedTransport: HTTPTransport {
    /// How often a call is debited again because it was too slow to leave.
    private static let longestPatience = 3

    private let inner: any HTTPTransport
    private let limits: PlatformLimits
    private let reporter: (any RateReporting.Type)?

    /// Makes a transport.
    ///
    /// - Parameters:
    ///   - inner: What sends.
    ///   - limits: The limits of the platform.
    ///   - reporter: Who can read the platform's answers.
    package init(_ inner: any HTTPTransport, limits: PlatformLimits, reporter: (any RateReporting.Type)? = nil) {
        self.inner = inner
        self.limits = limits
        self.reporter = reporter
    }

    /// Debits, sends, and reads what the answer says of the limits.
    ///
    /// - Throws: `TransportError` with a `limit` when one does not allow the call; nothing was sent then.
    package func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply {
        let caller = Caller.current ?? Caller()
        do {
            try await RunSlot.current?.take(until: call.permit?.notAfter)
        } catch {
            throw TransportError(.notSent, "the call was cancelled", underlying: error)
        }
        if let permit = call.permit, permit.endpoint == call.endpoint {
            let reply = try await self.inner.send(call)
            // What is left of the send is the database's.
            RunSlot.current?.giveBack()
            await self.read(reply, call, caller, Caller.fenced ?? LimitGrant())
            return reply
        }
        for _ in 1..<Self.longestPatience {
            do throws(TransportError) {
                return try await self.debitAndSend(call, caller)
            } catch {
                guard error.isLate, call.permit == nil else { throw error }
            }
        }
        return try await self.debitAndSend(call, caller)
    }

    private func debitAndSend(_ call: HTTPCall, _ caller: Caller) async throws(TransportError) -> HTTPReply {
        let grant = try await self.debit(call, caller)
        var debited = call
        debited.notAfter = [call.notAfter, grant.notAfter].compactMap(\.self).min()
        let reply = try await self.inner.send(debited)
        await self.read(reply, call, caller, grant)
        return reply
    }

    private func debit(_ call: HTTPCall, _ caller: Caller) async throws(TransportError) -> LimitGrant {
        let patience = ContinuousClock.now + PlatformLimits.patience
        while true {
            do {
                return try await self.limits.store.debit(
                    self.limits.call(call.endpoint, by: caller, count: call.count))
            } catch let refusal as LimitRefusal {
                guard ContinuousClock.now + refusal.wait <= patience else {
                    throw TransportError(LimitReached(refusal), refusal.reason, underlying: refusal)
                }
                do {
                    // Others have the slot meanwhile.
                    RunSlot.current?.giveBack()
                    try await Task.sleep(for: refusal.wait)
                    try await RunSlot.current?.take(until: call.permit?.notAfter)
                } catch {
                    throw TransportError(.notSent, "the call was cancelled", underlying: error)
                }
            } catch {
                throw TransportError(.notSent, "the limits could not be read", underlying: error)
            }
        }
    }

    private func read(_ reply: HTTPReply, _ call: HTTPCall, _ caller: Caller, _ grant: LimitGrant) async {
        guard let reporter = self.reporter else { return }
        let usage = reporter.usage(reply, endpoint: call.endpoint)
        do {
            if !usage.isEmpty {
                try await self.limits.observe(usage, endpoint: call.endpoint, by: caller, after: grant)
            }
            try await self.limits.observe(reporter.load(reply, endpoint: call.endpoint), by: caller)
        } catch {
            // The answer is worth more than what it says of the limits: the next one says it again.
            Logger.current.debug("what an answer said of the limits could not be kept", metadata: ["error": "\(error)"])
        }
    }
}
