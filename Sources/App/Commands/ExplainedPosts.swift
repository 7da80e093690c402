// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import Publishing

/// The posts behind a fit as `best-times explain --posts` lists them.
struct ExplainedPosts {
    let timing: AccountTiming
    let evidence: TimingEvidence
    /// How much each counts for one hour; nil for how much it counts in its own.
    let share: PostEvidence.Share?

    /// How many posts a table has of each kind.
    private static let most = 20
    private static let columns = [
        Column("posted_at", "POSTED", "when it appeared, in the audience's zone"),
        Column("slot", "HOUR", "day and hour for a person"),
        Column("format", "FORMAT", "the kind of content"),
        Column("engagement", "ENGAGEMENT", "what it got"),
        Column("usual", "USUAL", "what the posts of those weeks got"),
        Column("against_usual", "AGAINST", "as the model takes it"),
        Column("weight", "WEIGHT", "how much it counts"),
        Column("experiment", nil, "whether its time was drawn to learn from"),
        Column("left_out", "LEFT OUT", "why it was not used"),
        Column("publication", "PUBLICATION", "the publication's id"),
    ]

    /// Shows them: the used ones, those that count most first, then what was left out in the order of time.
    func show(_ output: Output) {
        let weights = self.share?.posts ?? self.evidence.posts.map(\.taken.count)
        let used = self.evidence.posts.indices.sorted {
            (-abs(weights[$0]), -self.evidence.posts[$0].postedAt.timeIntervalSince1970) < (
                -abs(weights[$1]), -self.evidence.posts[$1].postedAt.timeIntervalSince1970
            )
        }
        let isTable = output.format == .table && !output.isQuiet
        let shown = isTable ? Array(used.prefix(Self.most)) : used
        let left = isTable ? Array(self.evidence.leftOut.suffix(Self.most)) : self.evidence.leftOut
        output.show(
            Listing(
                Self.columns,
                rows: shown.map { self.record(self.evidence.posts[$0], weight: weights[$0]) } + left.map(self.record),
                idKey: "publication", empty: "no posts"))
        let hidden = used.count - shown.count + self.evidence.leftOut.count - left.count
        if hidden > 0 {
            output.note(
                "\(used.count) used and \(self.evidence.leftOut.count) left out; \(hidden) of them are not in this table: -o csv has all"
            )
        }
    }

    private func record(_ post: TimingEvidence.Post, weight: Double) -> Record {
        Record([
            "posted_at": .time(post.postedAt, in: self.timing.fit.zone.rawValue), "slot": .text("\(post.taken.hour)"),
            "format": .optional(post.contentType), "engagement": .integer(post.engagement),
            "usual": .number(post.taken.usual, places: 0),
            "against_usual": .number(exp(post.taken.value), places: 2),
            "weight": .number(weight, places: self.share == nil ? 2 : 4), "experiment": .flag(post.isExperiment),
            "left_out": .none, "publication": .text("\(post.publication)"),
        ])
    }

    private func record(_ post: TimingEvidence.LeftOut) -> Record {
        let zone = self.timing.fit.zone
        return Record([
            "posted_at": .time(post.postedAt, in: zone.rawValue),
            "slot": .text("\(HourOfWeek(zone.wallTime(at: post.postedAt)))"), "format": .optional(post.contentType),
            "engagement": post.engagement.map { .integer($0) } ?? .none, "usual": .none, "against_usual": .none,
            "weight": .none, "experiment": .none, "left_out": .text(post.reason),
            "publication": .text("\(post.publication)"),
        ])
    }
}
