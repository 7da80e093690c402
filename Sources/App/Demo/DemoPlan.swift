// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// What the demo plans for March 2026, in which clocks change in New York (the 8th) and in Berlin (the 29th).
struct DemoPlan: Sendable {
    /// When the month is planned.
    static let start = Date(timeIntervalSince1970: 1_772_280_000)  // 2026-02-28T12:00:00Z
    /// When the last readings that are worth showing have been made: three days after the last post.
    static let end = Date(timeIntervalSince1970: 1_775_282_400)  // 2026-04-04T06:00:00Z

    /// The posts in order of their wall times.
    var posts: [DemoPost]

    /// Plans a month.
    ///
    /// - Parameters:
    ///   - clients: The clients.
    ///   - seed: The same seed gives the same month.
    init(clients: [DemoAgency.Client] = DemoAgency.clients, seed: UInt64 = 2_026) {
        var generator = SeededGenerator(seed: seed)
        var posts: [DemoPost] = []
        for client in clients {
            var used: Set<String> = []
            for day in 1...31 {
                for beat in client.rhythm {
                    guard let date = WallTime(year: 2026, month: 3, day: day, hour: beat.hour, minute: beat.minute),
                        beat.weekdays.contains(date.weekday)
                    else { continue }
                    posts.append(
                        Self.post(of: client, beat, at: date, avoiding: &used, using: &generator))
                }
            }
        }
        posts += Self.specials
        self.posts = posts.sorted { ($0.at, $0.client, $0.text) < ($1.at, $1.client, $1.text) }
    }

    private static func post(
        of client: DemoAgency.Client, _ beat: DemoAgency.Beat, at date: WallTime, avoiding used: inout Set<String>,
        using generator: inout some RandomNumberGenerator
    ) -> DemoPost {
        let minutes = beat.isLoose ? [0, 0, 5, 10, 15].randomElement(using: &generator) ?? 0 : 0
        var post = DemoPost(
            client: client.slug, accounts: beat.accounts,
            at: WallTime(clockSeconds: date.clockSeconds + Int64(minutes * 60)),
            text: client.voice.text(avoiding: &used, using: &generator))
        if !beat.isLoose {
            post.text = "The ovens have been on since half past two. \(post.text)"
        }
        if Int.random(in: 0..<6, using: &generator) == 0, beat.isLoose,
            let index = client.pictures.indices.randomElement(using: &generator)
        {
            post.picture = ("pictures/\(client.slug)-\(index + 1).png", client.pictures[index])
        }
        return post
    }

    /// Posts that do not come out of a rhythm.
    private static var specials: [DemoPost] {
        func at(_ day: Int, _ hour: Int, _ minute: Int) -> WallTime {
            // Day 20 513 since 1970 is 1 March 2026.
            WallTime(clockSeconds: Int64((20_513 + day - 1) * 86_400 + hour * 3_600 + minute * 60))
        }
        return [
            DemoPost(
                client: "pier17", accounts: ["x"], at: at(12, 18, 0),
                text: """
                    How do you move a 40-ton lighthouse lens across Manhattan? A thread.
                    ---
                    First you wait for a night without wind. Then you close one lane of the FDR Drive, and you drive at four miles an hour.
                    ---
                    It arrived at 4:12 am, without a scratch. From Saturday on you can walk around it. Pier 17, gate 3.
                    """, campaign: "lighthouse"),
            DemoPost(
                client: "pier17", accounts: ["x"], at: at(16, 15, 0),
                text:
                    "Win two tickets for the lighthouse night! Repost this and follow three friends to enter the draw.",
                campaign: "lighthouse"),
            DemoPost(
                client: "menya", accounts: ["mock"], at: at(14, 19, 0),
                text:
                    "White Day: white sesame tantan for two, one kaedama on the house. Only tonight, only at the counter.",
                campaign: "white-day"),
        ]
    }
}
