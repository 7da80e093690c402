// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// The database's account of the month held against the platforms' own ledger.
///
/// A pure comparison.
struct DemoVerdict: Sendable, Hashable {
    /// A post that appears within this time after it was due is on time, in seconds.
    static let onTimeLimit = 2.0

    /// How late each published target appeared, by the platform's clock, in seconds.
    var lateness: [String: Double] = [:]
    /// Posts that exist on the platforms, the parts of threads counted one by one.
    var visible = 0
    /// Second attempts without proof that the first was absent, and what exists beside what is known.
    var duplicates = 0
    /// Targets that are called published and do not exist on their platform.
    var missing: [String] = []
    /// Targets that ended nowhere.
    var open: [String] = []
    /// Published targets whose wall time on the platform is the one that was planned.
    var atPlannedWallTime = 0
    /// What was planned for a wall time that does not exist, because the clocks skipped it.
    var shifted: [Shift] = []

    /// A wall time that was planned, and the one at which the post appeared.
    struct Shift: Sendable, Hashable {
        var planned: WallTime
        var appeared: WallTime
        var zone: ZoneID
    }

    /// Whether every planned post was published exactly once, or ended otherwise for a stated reason.
    var isKept: Bool { self.duplicates == 0 && self.missing.isEmpty && self.open.isEmpty }

    /// Compares.
    init(_ findings: DemoFindings) {
        let posts = findings.entries.filter { $0.kind == "post" && $0.tookEffect }
        var times: [String: Date] = [:]
        for entry in posts { if let id = entry.remoteID { times["\(entry.platform)/\(id)"] = entry.at } }
        self.visible = posts.count
        var known: Set<String> = []
        for target in findings.targets {
            let ids = target.remoteIDs.map { "\(target.platform)/\($0)" }
            known.formUnion(ids)
            switch target.state {
            case "published":
                let found = ids.compactMap { times[$0] }
                guard let first = found.first, found.count == ids.count else {
                    self.missing.append(target.id)
                    continue
                }
                self.lateness[target.id] = max(0, first.timeIntervalSince(target.due))
                self.compareClocks(target, first)
            case "failed" where target.failure != nil: break
            default: self.open.append(target.id)
            }
        }
        let strangers = Set(times.keys).subtracting(known).count
        self.duplicates = findings.entries.count { $0.isDuplicate } + strangers
    }

    private mutating func compareClocks(_ target: DemoFindings.Target, _ appeared: Date) {
        // A time that cannot be read is as good as none.
        guard let planned = target.localTime, let wall = try? WallTime(parsing: planned),
            appeared.timeIntervalSince(target.due) < 60
        else { return }
        if LocalPlan(wall: wall, zone: target.zone).resolve().note == .shifted {
            let wallTime = target.zone.wallTime(at: appeared)
            self.shifted.append(Shift(planned: wall, appeared: wallTime, zone: target.zone))
        } else if target.zone.wallTime(at: appeared).clock == wall.clock {
            self.atPlannedWallTime += 1
        }
    }
}
