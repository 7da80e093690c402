// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import Analysis

struct HolidayTests {
    private func dates(_ text: String) throws -> [String] { try Holiday.read(text).map { "\($0.date) \($0.name)" } }

    private func calendar(_ lines: String...) -> String {
        (["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT"] + lines + ["END:VEVENT", "END:VCALENDAR"])
            .joined(separator: "\r\n")
    }

    @Test("a calendar's whole days are read: one, several with an exclusive end, and folded, quoted, escaped names")
    func days() throws {
        let one = self.calendar("DTSTART;VALUE=DATE:20261225", "SUMMARY;X=\"a:b\":Christmas\\, first", "  day")
        #expect(try self.dates(one) == ["2026-12-25 Christmas, first day"])
        let two = self.calendar("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227", "SUMMARY:C")
        #expect(try self.dates(two) == ["2026-12-25 C", "2026-12-26 C"])
        #expect(
            try self.dates(self.calendar("DTSTART;VALUE=DATE:20261231", "DURATION:P2D", "SUMMARY:N"))
                == ["2026-12-31 N", "2027-01-01 N"])
        #expect(try self.dates(self.calendar("DTSTART;VALUE=DATE:20261225", "STATUS:CANCELLED")).isEmpty)
    }

    @Test("what stands in an event's alarm is not the event's")
    func alarm() throws {
        let event = self.calendar(
            "DTSTART;VALUE=DATE:20261225", "SUMMARY:C", "BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT5M", "REPEAT:2",
            "SUMMARY:Wake up", "END:VALARM")
        #expect(try self.dates(event) == ["2026-12-25 C"])
    }

    @Test("a day of every year is written out, until its end where it has one")
    func yearly() throws {
        let rule = "RRULE:FREQ=YEARLY;UNTIL=20281231"
        #expect(
            try self.dates(self.calendar("DTSTART;VALUE=DATE:20261225", rule, "SUMMARY:C"))
                == ["2026-12-25 C", "2027-12-25 C", "2028-12-25 C"])
        #expect(try self.dates(self.calendar("DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY;COUNT=3")).count == 3)
        let all = try self.dates(self.calendar("DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;BYMONTH=12"))
        #expect(all.count == 2_099 - 2_026 + 1)
    }

    @Test(
        "what is not understood is refused with its line, never left out",
        arguments: [
            ("DTSTART:20261225T090000Z", "line 4"), ("DTSTART;VALUE=DATE:20261325", "line 4"),
            ("DTSTART;VALUE=DATE:20261122\r\nRRULE:FREQ=YEARLY;BYDAY=4TH", "line 3"),
            ("DTSTART;VALUE=DATE:20261122\r\nRRULE:FREQ=WEEKLY", "line 3"),
            ("DTSTART;VALUE=DATE:20261122\r\nEXDATE;VALUE=DATE:20271122", "line 5"), ("SUMMARY:Someday", "line 3"),
            ("DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;COUNT=-1", "line 3"),
            ("DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;COUNT=0", "line 3"),
        ])
    func refused(_ lines: String, place: String) {
        let error = #expect(throws: HolidayFileError.self) { _ = try Holiday.read(self.calendar(lines)) }
        #expect(error?.description.hasPrefix(place) == true)
    }

    @Test("a table of days is read, each day once, and a wrong day is told with its line")
    func table() throws {
        #expect(
            try self.dates("date,name\n2026-12-26,Boxing Day\n2026-12-25,Christmas\n2026-12-25,Christmas\n")
                == ["2026-12-25 Christmas", "2026-12-26 Boxing Day"])
        #expect(try self.dates("date\n2026-12-25\n") == ["2026-12-25 "])
        let error = #expect(throws: HolidayFileError.self) { _ = try Holiday.read("date,name\n25.12.2026,C\n") }
        #expect(error?.description.contains("line 2") == true)
    }
}
