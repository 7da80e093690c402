// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import Persistence

extension CalendarMonth {
    /// The month that an instant falls into in a zone.
    package init(containing instant: Date, in zone: ZoneID) {
        let wall = zone.wallTime(at: instant)
        guard let month = CalendarMonth(year: wall.year, month: wall.month) else {
            preconditionFailure("a wall time has a month from 1 to 12")
        }
        self = month
    }

    /// The month after it.
    package var next: CalendarMonth {
        var next = self
        next.month = self.month == 12 ? 1 : self.month + 1
        next.year += self.month == 12 ? 1 : 0
        return next
    }
}
