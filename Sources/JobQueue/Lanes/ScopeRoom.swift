// SPDX-License-Identifier: MIT

/// The free slots of the limits that some lanes fall under, while their locks are held.
struct ScopeRoom: Sendable {
    private var scopes: [Lane: [String]] = [:]
    private var free: [String: [Int32]] = [:]

    /// Notes that a lane falls under a limit, and which of its slots are taken.
    mutating func add(_ lane: Lane, scope: String, limit: Int32, taken: Set<Int32>) {
        self.scopes[lane, default: []].append(scope)
        guard self.free[scope] == nil else { return }
        // After a limit was lowered, slots above it may be taken: they count too.
        let room = max(0, Int(limit) - taken.count)
        self.free[scope] = Array((0..<limit).lazy.map { $0 + 1 }.filter { !taken.contains($0) }.prefix(room))
    }

    /// The shares that fit, in their order; shares of lanes without room are absent.
    ///
    /// They are filled one job at a time in turn: nobody knows which lane has many.
    func fit(_ shares: [LaneShare]) -> [LaneShare] {
        var left = self.free.mapValues(\.count)
        var fitted = shares.map { LaneShare(lane: $0.lane, count: 0) }
        var open = Array(shares.indices)
        while !open.isEmpty {
            open = open.filter { index in
                let scopes = self.scopes[shares[index].lane] ?? []
                guard fitted[index].count < shares[index].count, scopes.allSatisfy({ left[$0, default: 0] > 0 }) else {
                    return false
                }
                for scope in scopes { left[scope, default: 0] -= 1 }
                fitted[index].count += 1
                return true
            }
        }
        return fitted.filter { $0.count > 0 }
    }

    /// Takes a slot of each limit that the lane falls under.
    mutating func take(_ lane: Lane) -> [(scope: String, slot: Int32)] {
        (self.scopes[lane] ?? []).map { scope in
            (scope, self.free[scope]?.isEmpty == false ? self.free[scope]?.removeFirst() ?? 0 : 0)
        }
    }
}
