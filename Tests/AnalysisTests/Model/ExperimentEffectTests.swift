// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Analysis

struct ExperimentEffectTests {
    /// Posts of an account that grows fourfold in a year, twenty a week; drawn ones get half as much again.
    private static func past(weeks: Int, seed: UInt64, isDrawn: (_ week: Int, _ number: Int) -> Bool) -> (
        posts: [TimingPost], drawn: [Bool]
    ) {
        var chance = Chance(seed: seed)
        var posts: [TimingPost] = []
        var drawn: [Bool] = []
        for week in 0..<weeks {
            for number in 0..<20 {
                let time = SyntheticAccounts.monday + Int64(week) * 604_800 + Int64(number) * 30_240
                let isExperiment = isDrawn(week, number)
                let value =
                    5 + log(4) * Double(week) / 52 + (isExperiment ? log(1.5) : 0) + 0.5 * chance.normal()
                posts.append(TimingPost(clockSeconds: time, engagement: exp(value).rounded()))
                drawn.append(isExperiment)
            }
        }
        return (posts, drawn)
    }

    @Test("of experiments nothing is said below fifty; then what they did against the others, with an interval")
    func experiments() throws {
        let posts = SyntheticAccounts(accounts: 1, posts: 400).histories(seed: 8)[0].posts
        #expect(ExperimentEffect(posts, drawn: posts.map { _ in false }) == nil)
        let few = try #require(ExperimentEffect(posts, drawn: posts.indices.map { $0 < 20 }))
        #expect(few.posts == 20 && few.factor == nil && few.sentence.contains("too few"))
        let better = posts.indices.map { index in
            var post = posts[index]
            if index % 3 == 0 { post.engagement *= 1.5 }
            return post
        }
        let effect = try #require(ExperimentEffect(better, drawn: better.indices.map { $0 % 3 == 0 }))
        let interval = try #require(effect.interval)
        #expect(interval.contains(1.5) && !interval.contains(1) && effect.sentence.contains("+"))
    }

    @Test(
        "posts at drawn times are compared with the others of the same weeks, not with the years before",
        arguments: 1...5)
    func sameWeeks(seed: UInt64) throws {
        let (posts, drawn) = Self.past(weeks: 60, seed: seed) { week, number in week >= 40 && number % 4 != 0 }
        let effect = try #require(ExperimentEffect(posts, drawn: drawn))
        let interval = try #require(effect.interval)
        #expect(effect.posts == 300 && effect.compared == 300 && effect.others < 300)
        #expect(interval.lowerBound > 1.2 && interval.upperBound < 1.85, "\(interval)")
    }

    @Test("where all posts are drawn there is nothing to compare with, and that is said instead of no effect")
    func nothingBeside() throws {
        let (posts, drawn) = Self.without(40..<45, Self.past(weeks: 60, seed: 1) { week, _ in week >= 40 })
        let none = try #require(ExperimentEffect(posts, drawn: drawn))
        #expect(none.posts == 300 && none.compared == 0 && none.factor == nil)
        #expect(none.sentence.contains("no other posts at the same time to compare with"))
    }

    @Test("which side is short of posts is said")
    func shortage() throws {
        // Forty others in four weeks, and twice as many drawn.
        let dense = Self.past(weeks: 6, seed: 2) { _, number in number % 3 != 0 || number == 0 }
        let others = try #require(ExperimentEffect(dense.posts, drawn: dense.drawn))
        #expect(others.compared == 84 && others.others == 36 && others.factor == nil)
        #expect(others.sentence.contains("only 36 other posts of the same weeks"))
        // Only the first of the drawn ones have others less than four weeks before them.
        let (posts, drawn) = Self.without(10..<12, Self.past(weeks: 40, seed: 3) { week, _ in week >= 10 })
        let alone = try #require(ExperimentEffect(posts, drawn: drawn))
        #expect(alone.posts == 560 && (1..<50).contains(alone.compared) && alone.factor == nil)
        #expect(alone.sentence.contains("only \(alone.compared) of them have 15 other posts within four weeks"))
    }

    @Test("what a content type does is not taken for the effect of drawing")
    func types() throws {
        var (posts, drawn) = Self.past(weeks: 40, seed: 4) { _, _ in false }
        for index in posts.indices {
            // Films get three times as much, and most of them are at drawn times.
            let isFilm = index % 3 == 0
            drawn[index] = isFilm ? index % 4 != 0 : index % 4 == 0
            posts[index].contentType = isFilm ? 1 : 0
            posts[index].engagement *= (isFilm ? 3 : 1) * (drawn[index] ? 1.5 : 1)
        }
        let effect = try #require(ExperimentEffect(posts, drawn: drawn))
        let interval = try #require(effect.interval)
        #expect(interval.lowerBound > 1.3 && interval.upperBound < 1.9, "\(interval)")
    }

    private static func without(_ weeks: Range<Int64>, _ past: (posts: [TimingPost], drawn: [Bool])) -> (
        posts: [TimingPost], drawn: [Bool]
    ) {
        let left = zip(past.posts, past.drawn).filter {
            !weeks.contains(($0.0.clockSeconds - SyntheticAccounts.monday) / 604_800)
        }
        return (left.map(\.0), left.map(\.1))
    }
}
