// SPDX-License-Identifier: MIT

import CLibPQ

extension Session {
    /// What came from `NOTIFY` and was read from the socket already.
    func takeNotifications() -> [(channel: String, payload: String)] {
        var taken: [(channel: String, payload: String)] = []
        while let notification = unsafe PQnotifies(self.handle.raw) {
            let channel = unsafe String(cString: notification.pointee.relname)
            let payload = unsafe String(cString: notification.pointee.extra)
            unsafe PQfreemem(notification)
            taken.append((channel, payload))
        }
        return taken
    }

    /// Waits for something to read and reads it; false when the deadline came first.
    func waitForNotifications(until deadline: ContinuousClock.Instant) async throws(PQError) -> Bool {
        guard !self.isBroken else { throw self.lost("") }
        let wake = await SocketReactor.shared.wait(
            self.registration, for: .readable, until: deadline, isCancellable: true)
        switch wake {
        case .deadline: return false
        case .cancelled: throw PQError(.cancelled, "the task was cancelled while it listened")
        case .ready:
            self.consume()
            guard !self.isSocketGone else { throw self.lost(self.lastMessage) }
            return true
        }
    }
}
