// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Publishing

@Suite("post files")
struct PostFileTests {
    private func read(_ text: String) throws -> ImportRow { try PostFile(yaml: Data(text.utf8)).row }

    private func issues(_ text: String) -> [String] {
        let error = #expect(throws: ServiceError.self) { try self.read(text) }
        return error?.issues.map(\.description) ?? []
    }

    @Test("every key of an import line is read, lists and nested keys included")
    func whole() throws {
        let row = try self.read(
            """
            # launch
            accounts: [x, mock]
            at: 2026-12-01T09:30
            tz: Asia/Tokyo
            text: |
              The new shoe is here.

              Come and see.
            media:
              - shoe.png
              - "box: open.png"
            alt: [A red shoe, An open box]
            format: carousel
            link: https://example.test/shoe
            first_comment: In black, too.
            labels: launch
            campaign: spring
            pillar:
            key: launch-1
            state: draft
            variants:
              x: The new shoe.
            settings:
              tiktok.privacy_level: SELF_ONLY
            """)
        #expect(row.accounts == ["x", "mock"])
        #expect(row.at == "2026-12-01T09:30" && row.zone == "Asia/Tokyo")
        #expect(row.text == "The new shoe is here.\n\nCome and see.")
        #expect(row.media == ["shoe.png", "box: open.png"] && row.alt == ["A red shoe", "An open box"])
        #expect(row.format == "carousel" && row.link == "https://example.test/shoe")
        #expect(row.firstComment == "In black, too." && row.labels == ["launch"] && row.campaign == "spring")
        #expect(row.pillar == nil && row.key == "launch-1" && row.isDraft)
        #expect(row.variants == ["x": "The new shoe."] && row.settings == ["tiktok.privacy_level": "SELF_ONLY"])
    }

    @Test("everything that is wrong is said with its line and column, an unknown key with the nearest known one")
    func wrong() {
        let said = self.issues(
            """
            text: Hello
            lables: [a]
            xyzzy: 1
            media: {file: a.png}
            state: later
            """)
        #expect(said.count == 4)
        #expect(said.first == "line 2, column 1: 'lables' is no key of a post. Did you mean 'labels'?")
        #expect(said[1].hasPrefix("line 3, column 1: 'xyzzy' is no key of a post; there are: account,"))
        #expect(said[2] == "line 4, column 8: 'media' is a list, as in media: [one, two]")
        #expect(said[3] == "line 5, column 8: 'state' 'later' is neither 'draft' nor 'planned'")
    }

    @Test(
        "what is no YAML, or no mapping, is refused at the place where it goes wrong",
        arguments: [
            ("text: Hello\nmedia: [a.png\nalt: x\n", "line 3"), ("text: a\ntext: b\n", "line 1"), ("- one\n", "line 1"),
            ("", "line 1"), ("text: \"never closed\n", "line 2"),
        ])
    func unreadable(text: String, place: String) {
        let said = self.issues(text)
        #expect(said.count == 1 && said.first?.hasPrefix("\(place), column ") == true, "\(said)")
    }
}
