// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

@Suite("Zone names")
struct ZoneIDTests {
    @Test(
        "a typing mistake is answered with the name that was meant",
        arguments: [
            ("Europe/Berln", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"), ("Berlin", "Europe/Berlin"),
            ("America/NewYork", "America/New_York"), ("America/New York", "America/New_York"),
            ("Amerika/New_York", "America/New_York"), ("Asia/Tokio", "Asia/Tokyo"), ("Europe/Pairs", "Europe/Paris"),
            ("Sao Paulo", "America/Sao_Paulo"), ("Australia/Sidney", "Australia/Sydney"),
            ("lord howe", "Australia/Lord_Howe"),
            ("Europe/Tokyo", "Asia/Tokyo"),
        ])
    func suggestions(typed: String, meant: String) {
        let error = #expect(throws: TimeError.self) { try ZoneID(parsing: typed) }
        #expect(error?.code == .unknownZone)
        #expect(error?.message.contains("did you mean \(meant)") == true, "\(error?.message ?? "")")
    }

    @Test("a zone with a letter lost is among its own suggestions")
    func lostLetters() {
        let names = ZoneID.all.filter { $0.count > 6 && $0.contains("/") }
        for name in stride(from: 0, to: names.count, by: 12).map({ names[$0] }) {
            var letters = Array(name)
            letters.remove(at: letters.count - 2)
            let typed = String(letters)
            guard ZoneID(rawValue: typed) == nil else { continue }
            #expect(ZoneSuggestion.nearest(to: typed).contains(name), "\(typed)")
        }
    }

    @Test(
        "an offset is refused because it does not know when clocks move", arguments: ["+02:00", "UTC+2", "GMT+3", "-5"])
    func offsets(text: String) {
        let error = #expect(throws: TimeError.self) { try ZoneID(parsing: text) }
        #expect(error?.message.contains("is an offset, not a time zone") == true)
    }

    @Test("an abbreviation, nothing and nonsense each get an answer of their own")
    func others() {
        func message(_ text: String) -> String? {
            #expect(throws: TimeError.self) { try ZoneID(parsing: text) }?.message
        }
        #expect(message("CEST")?.contains("abbreviations are ambiguous") == true)
        #expect(message("")?.contains("is empty") == true)
        #expect(message("Middle-earth/Shire")?.contains("write its IANA name") == true)
        #expect(message("../../etc/passwd")?.contains("write its IANA name") == true)
    }

    @Test(
        "old names of the database stay valid",
        arguments: ["US/Eastern", "Asia/Calcutta", "Europe/Kiev", "Etc/GMT+3", "UTC"])
    func aliases(name: String) throws {
        #expect(try ZoneID(parsing: name).rawValue == name)
    }

    @Test("a zone that does not exist cannot be decoded")
    func decoding() {
        #expect(throws: TimeError.self) { try JSONDecoder().decode([ZoneID].self, from: Data(#"["Mars/Base"]"#.utf8)) }
    }
}
