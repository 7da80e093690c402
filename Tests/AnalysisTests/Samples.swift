// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import Analysis

/// A post at a local time of a zone; fails the test when the time does not exist.
func sample(
    _ wall: String, in zone: String = "Europe/Berlin", engagement: Int64? = 100, paid: Bool = false,
    readAfterHours: Double? = nil
) throws -> PostSample {
    let plan = LocalPlan(wall: try WallTime(parsing: wall), zone: try ZoneID(parsing: zone), gap: .skip)
    guard let instant = plan.resolve().instant else { throw TimeError(.invalidWallTime, "\(wall) does not exist") }
    return PostSample(
        account: "acme/x", platform: "x", postedAt: instant, engagement: engagement, isPaid: paid,
        observedAt: readAfterHours.map { instant.addingTimeInterval($0 * 3600) }, zone: plan.zone)
}

/// As many posts as there are numbers, a week apart, at one hour of the week.
func weekly(from wall: String, in zone: String = "Europe/Berlin", _ engagements: [Int64]) throws -> [PostSample] {
    let first = try WallTime(parsing: wall)
    return try engagements.enumerated().map { week, engagement in
        try sample(first.adding(days: week * 7).description, in: zone, engagement: engagement)
    }
}

let berlin = ZoneID(rawValue: "Europe/Berlin") ?? .utc
