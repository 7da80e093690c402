// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Persistence
import Publishing

/// `posthorn best-times explain`.
struct BestTimesExplainCommand: PosthornCommand {
    private static let columns = [
        Column("weekday", nil, "0 is Monday"), Column("hour", nil, "local hour, 0 to 23"),
        Column("slot", "HOUR", "day and hour for a person"),
        Column("score", "SCORE", "engagement against the account's typical post: 1.18 is 18 % more"),
        Column("lower", "FROM", "the lower end of the 80 % interval"),
        Column("upper", "TO", "the upper end"),
        Column("own_share", "OWN", "how much comes from the account's own posts, 0 to 1; the rest is the platform's"),
        Column("chance", "CHANCE", "the probability that it is better than typical"),
        Column("posts", "POSTS", "the account's posts in this hour"),
        Column("seen", "SEEN", "with --hour: what those posts did against the usual, newer ones more; else null"),
        Column(
            "weight", "WEIGHT",
            "with --hour: how much this hour's posts count there, 0.3 is 3 % when they do 10 % better; else null"),
        Column("certainty", "CERTAINTY", "strong, weak, borrowed or none"), Column("sentence", nil, "what can be said"),
    ]
    static let configuration = CommandConfiguration(
        "explain", "Say which hours do better or worse for an account, how sure that is and why.",
        details: """
            Workers fit the model of docs/best-times.md to the account's publications and, for what it cannot know from them, to those of
            the other accounts of its platform in this installation; where the account has other posts than at its last fit, or with
            --fresh, it is fitted for this answer. A table shows the five best and three worst hours; json, jsonl and csv have
            all 168, best first.

            --hour says of one hour what stands behind it: the hours that the model borrows from, those that count most first. A weight below 0
            is that of posts which count more for the typical post that the hour is held against. --posts lists the posts, used ones first, with
            publication, posted_at, slot, format, engagement, usual (what the posts of those weeks got), against_usual (as the model takes it:
            without the content type's part, outliers cut), weight (for --hour, or how much it counts in its own hour, at most 1), experiment
            and left_out (why it was not used: boosted, too_young, without_metrics, other_definition, listed_twice, holiday,
            deleted, gone). Posts of other accounts are
            never listed.

            --target and --fit explain a recommendation of the past by the fit that it was made with; a fit that chose the time of a target is
            kept as long as the target.
            """,
        examples: [
            "best-times explain --account acme/instagram", "best-times explain --account acme/x --hour wed-19",
            "best-times explain --account acme/x --hour wed-19 --posts -o csv",
            "best-times explain --target 0198f2c4-0000-7000-8000-000000000001",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String?
    @Option(
        help: ArgumentHelp(
            "The client, when the account is named by its slug alone or the post by its key.", valueName: "client"))
    var client: String?
    @Option(
        help: ArgumentHelp(
            "What was said when the time of this target, or of the one target of this post, was chosen.",
            valueName: "target"))
    var target: String?
    @Option(help: ArgumentHelp("What this kept fit said.", valueName: "id")) var fit: String?
    @Option(
        name: .customLong("hour"),
        help: ArgumentHelp("One hour of the week and what stands behind it, as wed-19.", valueName: "day-hour"))
    var hourText: String?
    @Flag(name: .customLong("posts"), help: "The posts behind it, and those that were left out.") var showsPosts = false

    @Flag(help: "Fit anew for this answer.") var fresh = false

    func validate() throws {
        guard [self.account, self.target, self.fit].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("Give one of --account, --target and --fit.")
        }
        guard !self.fresh || self.account != nil else {
            throw ValidationError("--fresh goes with --account: what was said then is not made anew.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let named = try self.hourText.map { try Self.hour($0) }
        let (told, hour, evidence) = try await context.withServices { services in
            let service = TimingService(pool: services.pool)
            let told = try await self.told(service)
            let hour = named ?? told.kept?.target?.hour
            let isNeeded = hour != nil || self.showsPosts
            return (told, hour, isNeeded ? try await service.evidence(for: told.timing) : nil)
        }
        let timing = told.timing
        let share = try evidence.flatMap { evidence in
            try hour.map { try evidence.evidence.share(of: $0, in: timing.fit.curve, platform: timing.common) }
        }
        let isTable = context.output.format == .table && !context.output.isQuiet
        if isTable {
            context.output.text("\(timing.name) — \(timing.dataLine); local time in \(timing.fit.zone)")
            for line in told.kept?.target?.history ?? [] { context.output.text("history: \(line)") }
        }
        if let version = told.kept?.version, version != BestTimes.version {
            context.output.note(
                "made by version \(version) of the method; weights are those of version \(BestTimes.version)")
        }
        if let evidence, !evidence.isWhole {
            context.output.note(
                "the fit was made of \(timing.fit.posts) posts; \(evidence.posts.count) of that time can be used now: some were deleted, boosted or imported since, and weights are of these"
            )
        }
        if self.showsPosts, let evidence {
            if isTable, let hour { self.say(hour, timing, share, context.output) }
            return ExplainedPosts(timing: timing, evidence: evidence, share: share).show(context.output)
        }
        guard let hour, let share, let evidence else { return self.showWeek(timing, isTable, context.output) }
        let rows = Self.hours(behind: hour, share, timing.fit.curve)
        let shown = isTable ? Array(rows.prefix(1 + Self.neighbours)) : rows
        if isTable { self.say(hour, timing, share, context.output) }
        context.output.show(
            Listing(
                Self.columns,
                rows: shown.map { found in
                    var record = Self.record(found, timing)
                    record.set("seen", evidence.evidence.seen(in: found.hour).map { .number($0, places: 2) } ?? .none)
                    record.set("weight", .number(share.hours[found.hour.index], places: 3))
                    return record
                }, idKey: "slot"))
        if isTable, rows.count > shown.count {
            context.output.note("\(rows.count - shown.count) more hours count less: -o csv has them, --posts the posts")
        }
    }

    /// How many hours a table names beside the one that was asked for.
    private static let neighbours = 8

    private func told(_ service: TimingService) async throws -> (timing: AccountTiming, kept: KeptTiming?) {
        if let account = self.account {
            return (try await service.timing(of: account, client: self.client, isFresh: self.fresh), nil)
        }
        let kept: KeptTiming
        if let fit = self.fit {
            kept = try await service.timing(ofFit: fit)
        } else {
            kept = try await service.timing(ofTarget: self.target ?? "", client: self.client)
        }
        return (kept.timing, kept)
    }

    private func showWeek(_ timing: AccountTiming, _ isTable: Bool, _ output: Output) {
        let ranked = timing.fit.curve.ranked
        let shown = isTable ? Array(ranked.prefix(5) + ranked.suffix(3)) : ranked
        let columns = isTable ? Self.columns.filter { !["seen", "weight"].contains($0.key) } : Self.columns
        output.show(Listing(columns, rows: shown.map { Self.record($0, timing) }, idKey: "slot"))
        guard isTable else { return }
        output.text(timing.sentences.map { "· \($0)" }.joined(separator: "\n"))
    }

    /// One hour in words, with what the platform's curve alone says of it.
    private func say(
        _ hour: HourOfWeek, _ timing: AccountTiming, _ share: PostEvidence.Share?, _ output: Output
    ) {
        let curve = timing.fit.curve
        let found = curve.hours[hour.index]
        output.text(
            "· \(curve.sentence(for: found, platform: "\(timing.account.platform)", common: timing.common))")
        guard let share, timing.common.shared != nil else { return }
        output.text(
            "· what \(timing.common.accounts) accounts of \(timing.account.platform) share would alone say \(AccountCurve.percent(share.borrowed))"
        )
    }

    /// The hour, then the others with posts, those that count most for it first.
    private static func hours(
        behind hour: HourOfWeek, _ share: PostEvidence.Share, _ curve: AccountCurve
    ) -> [AccountCurve.Hour] {
        let others = curve.hours.filter { $0.hour != hour && share.hours[$0.hour.index] != 0 }
        return [curve.hours[hour.index]]
            + others.sorted {
                (-abs(share.hours[$0.hour.index]), $0.hour) < (-abs(share.hours[$1.hour.index]), $1.hour)
            }
    }

    /// Reads an hour of the week, say `wed-19`.
    ///
    /// - Throws: ``CommandError`` with exit code 64.
    private static func hour(_ text: String) throws -> HourOfWeek {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 2,
            let day = HourOfWeek.weekdayNames.firstIndex(where: { $0.lowercased() == words[0].lowercased() }),
            words[1].count <= 2, let hour = Int(words[1]), (0...23).contains(hour),
            let found = HourOfWeek(index: day * 24 + hour)
        else {
            throw CommandError.usage(
                "--hour “\(text)” is no hour of the week", remedy: "write the day and the local hour, as wed-19")
        }
        return found
    }

    private static func record(_ hour: AccountCurve.Hour, _ timing: AccountTiming) -> Record {
        let curve = timing.fit.curve
        return Record([
            "weekday": .count(hour.hour.weekday), "hour": .count(hour.hour.hour), "slot": .text("\(hour.hour)"),
            "score": .number(hour.score, places: 2), "lower": .number(hour.lower, places: 2),
            "upper": .number(hour.upper, places: 2), "own_share": .number(hour.ownShare, places: 2),
            "chance": .number(hour.chance, places: 2), "posts": .count(hour.posts), "seen": .none, "weight": .none,
            "certainty": .text(curve.certainty(of: hour).rawValue),
            "sentence": .text(curve.sentence(for: hour, platform: "\(timing.account.platform)", common: timing.common)),
        ])
    }
}

extension Record {
    /// Replaces the value under a key.
    fileprivate mutating func set(_ key: String, _ value: Field) {
        for index in self.fields.indices where self.fields[index].key == key { self.fields[index].value = value }
    }
}
