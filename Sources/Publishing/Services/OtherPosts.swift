// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// The other posts of an account, found by time and by words: a file of thousands of rows is compared with itself, too.
struct OtherPosts: Sendable {
    /// In the order of their times.
    private var posts: [OtherPost]
    private var byWords: [String: [OtherPost]]

    init(_ posts: [OtherPost]) {
        self.posts = posts.sorted { $0.at < $1.at }
        self.byWords = Dictionary(grouping: posts.filter { $0.words != nil }) { $0.words?.words ?? "" }
    }

    /// Those that are no post of these targets.
    init(_ posts: [OtherPost], besides own: Set<TargetID>) {
        self.init(
            posts.filter { post in
                guard let target = post.target else { return true }
                return !own.contains(target)
            })
    }

    mutating func insert(_ post: OtherPost) {
        self.posts.insert(post, at: self.place(of: post.at))
        if let words = post.words { self.byWords[words.words, default: []].append(post) }
    }

    /// Those that may say the same.
    func saying(_ words: PostWords?) -> [OtherPost] { words.flatMap { self.byWords[$0.words] } ?? [] }

    /// The one that is nearest to a time.
    func nearest(to date: Date) -> OtherPost? {
        let place = self.place(of: date)
        let beside = self.posts[max(0, place - 1)..<min(self.posts.count, place + 1)]
        return beside.min { abs($0.at.timeIntervalSince(date)) < abs($1.at.timeIntervalSince(date)) }
    }

    /// The first place that is not before a time.
    private func place(of date: Date) -> Int {
        var (low, high) = (0, self.posts.count)
        while low < high {
            let middle = (low + high) / 2
            if self.posts[middle].at < date { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
