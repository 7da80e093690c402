// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
package import Foundation

/// Everything that the page about a demo run shows, as plain values: what was planned, what happened, what went wrong.
///
/// Every number in it was measured in that run. What was not measured is absent.
package struct DemoReport: Hashable, Sendable, Codable {
    /// The part of business time that was lived through.
    package var period: Period
    /// How it was run.
    package var run: Run
    /// The clients, in the order in which they are shown; the order decides their colours.
    package var clients: [Client]
    /// What was planned and what became of it, by client and platform.
    package var deliveries: [Delivery]
    /// How late posts appeared, by platform; an entry without a platform is about all.
    package var lateness: [Lateness]
    /// What the platforms themselves counted.
    package var proof: Proof
    /// Every planned post.
    package var calendar: [CalendarEntry]
    /// The week of one account.
    package var week: Week?
    /// The boosts and their money.
    package var boosts: [Boost]
    /// What can be seen on the platforms, newest first.
    package var feed: [FeedCard]
    /// What went wrong and how it ended, in order of time.
    package var troubles: [Trouble]
    /// Commands that are worth copying.
    package var commands: [Command]

    /// Makes a report.
    package init(
        period: Period, run: Run, clients: [Client], deliveries: [Delivery], lateness: [Lateness], proof: Proof,
        calendar: [CalendarEntry], week: Week?, boosts: [Boost], feed: [FeedCard], troubles: [Trouble],
        commands: [Command]
    ) {
        self.period = period
        self.run = run
        self.clients = clients
        self.deliveries = deliveries
        self.lateness = lateness
        self.proof = proof
        self.calendar = calendar
        self.week = week
        self.boosts = boosts
        self.feed = feed
        self.troubles = troubles
        self.commands = commands
    }

    /// A stretch of business time.
    package struct Period: Hashable, Sendable, Codable {
        /// Its first instant.
        package var start: Date
        /// Its end.
        package var end: Date

        /// Makes a period.
        package init(start: Date, end: Date) {
            self.start = start
            self.end = end
        }
    }

    /// How the demo was run.
    package struct Run: Hashable, Sendable, Codable {
        /// Real time from the first command to the result, in seconds.
        package var seconds: Double
        /// How many worker processes took part, those that were killed included.
        package var workers: Int
        /// The version of Posthorn.
        package var version: String
        /// The version of PostgreSQL.
        package var server: String

        /// Makes a description.
        package init(seconds: Double, workers: Int, version: String, server: String) {
            self.seconds = seconds
            self.workers = workers
            self.version = version
            self.server = server
        }
    }

    /// One client.
    package struct Client: Hashable, Sendable, Codable {
        /// Its short name; other parts of the report refer to it.
        package var slug: String
        /// Its full name.
        package var name: String
        /// Where its days begin and end.
        package var zone: ZoneID

        /// Makes a client.
        package init(slug: String, name: String, zone: ZoneID) {
            self.slug = slug
            self.name = name
            self.zone = zone
        }
    }

    /// The week of one account.
    package struct Week: Hashable, Sendable, Codable {
        /// The account's slug, `acme/x`.
        package var account: String
        /// Its platform.
        package var platform: PlatformID
        /// What its hours are local to.
        package var zone: ZoneID
        /// What the model learnt.
        package var curve: AccountCurve
        /// The hours that a week of posts would take.
        package var recommended: [HourOfWeek]
        /// What was used.
        package var dataLine: String
        /// What can be said.
        package var sentences: [String]
        /// How near it is to the pretend audience's true week, for a person.
        package var truth: String

        /// Makes a week.
        package init(
            account: String, platform: PlatformID, zone: ZoneID, curve: AccountCurve, recommended: [HourOfWeek],
            dataLine: String, sentences: [String], truth: String
        ) {
            self.account = account
            self.platform = platform
            self.zone = zone
            self.curve = curve
            self.recommended = recommended
            self.dataLine = dataLine
            self.sentences = sentences
            self.truth = truth
        }
    }

    /// A command worth copying.
    package struct Command: Hashable, Sendable, Codable {
        /// The line as it is typed.
        package var line: String
        /// What it does, in a few words.
        package var purpose: String

        /// Makes a command.
        package init(line: String, purpose: String) {
            self.line = line
            self.purpose = purpose
        }
    }
}
