// SPDX-License-Identifier: MIT

import JobQueue
import PQClient

/// What follows the flood: posts a few at a time, until a worker has died at every named point.
struct ChaosTail: Sendable {
    let options: ChaosOptions
    let agency: ChaosAgency
    let cast: ChaosAgency.Cast
    let admin: SimulatorAdmin
    let monkey: ChaosMonkey
    let tour: CrashTour?

    /// How many posts are open at a time.
    static let length = 8

    /// Where nobody has died yet.
    var missed: [CrashPoint] { self.tour?.missed ?? [] }

    /// Whether nothing follows any more.
    var isOver: Bool { !self.options.addsPosts || self.missed.isEmpty }

    /// Adds a few posts: some with pictures, some made by a schedule; one is lost on its way while nobody has died at a look.
    ///
    /// - Parameters:
    ///   - posts: how many posts there are already.
    ///   - pool: the database, which may be away for a while.
    /// - Returns: how many were added.
    /// - Throws: what planning them throws.
    func goOn(after posts: Int, _ pool: ConnectionPool) async throws -> Int {
        if posts == self.options.posts {
            // Who is on the way somewhere gets there; nobody else is sent where somebody has died already.
            self.monkey.becomePatient()
            self.tour?.shorten()
        }
        if self.missed.contains(where: { [.afterLook, .afterAbsentRead].contains($0) }) {
            try await self.admin.add(faults: Self.lostCall)
        }
        let origins = ChaosAgency.Origin.allCases
        for (place, origin) in origins.enumerated() {
            try await pool.patiently { _ in try await self.agency.add(posts + place, self.cast, as: origin) }
        }
        return origins.count
    }

    /// Ends the faults: what is still open is done soon.
    func end() async throws { try await self.admin.removeFaults() }

    /// One call that ends without effect and without an answer: it is looked for, and not found.
    private static let lostCall = """
        [{"match": {"platform": "mock", "method": "POST", "endpoint": "/v1/posts", "times": 1}, "action": {"reset": {"when": "before"}}}]
        """
}
