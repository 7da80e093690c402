// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import App

@Suite("Demo plan")
struct DemoPlanTests {
    @Test("the month has between 250 and 350 targets, all in March, in order")
    func size() {
        let posts = DemoPlan().posts
        #expect((250...350).contains(posts.reduce(0) { $0 + $1.accounts.count }))
        #expect(posts.allSatisfy { $0.at.year == 2026 && $0.at.month == 3 })
        #expect(zip(posts, posts.dropFirst()).allSatisfy { $0.at <= $1.at })
    }

    @Test("the same seed plans the same month, another one another month")
    func deterministic() {
        #expect(DemoPlan(seed: 5).posts == DemoPlan(seed: 5).posts)
        #expect(DemoPlan(seed: 5).posts != DemoPlan(seed: 6).posts)
    }

    @Test("no account says the same thing twice")
    func unique() {
        for client in DemoAgency.clients {
            let texts = DemoPlan().posts.filter { $0.client == client.slug }.map(\.text)
            #expect(Set(texts).count == texts.count)
        }
    }

    @Test("every gap of every sentence is filled, and a text begins with a capital")
    func filled() {
        for post in DemoPlan().posts {
            #expect(!post.text.contains("{") && !post.text.contains("}"))
            #expect(post.text.first?.isLowercase == false)
        }
        for client in DemoAgency.clients {
            for sentence in client.voice.sentences {
                for gap in sentence.matches(of: /\{(\w+)\}/) {
                    #expect(client.voice.words[String(gap.output.1)] != nil, "\(client.slug): \(gap.output.0)")
                }
            }
        }
    }

    @Test("the plan as a file is read back as it was written, threads and commas included")
    func file() throws {
        let posts = DemoPlan().posts
        var table = try CSVTable(CSVReader(text: DemoPost.csv(posts)), required: ["client", "accounts", "at", "text"])
        for post in posts {
            let row = try #require(try table.next()).get()
            #expect(row["client"] == post.client && row.raw("text") == post.text)
            #expect(row["accounts"] == post.accounts.joined(separator: "|"))
            #expect(try WallTime(parsing: try #require(row["at"])) == post.at)
        }
        #expect(try table.next() == nil)
    }

    @Test("a picture is a PNG whose chunks carry right checksums")
    func picture() {
        let png = DemoPicture(seed: 1, width: 3, height: 2).png
        #expect(png.prefix(8).elementsEqual([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        // The checksum of the empty last chunk is the same in every PNG.
        #expect(png.suffix(12).elementsEqual([0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]))
        #expect(DemoPicture(seed: 1).png != DemoPicture(seed: 2).png)
    }
}
