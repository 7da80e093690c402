// SPDX-License-Identifier: MIT

extension World {
    /// The page that shows a person what was published.
    func feedPage(_ request: SimulatedRequest) -> SimulatedResponse {
        let now = self.clock.world(atReal: request.realTime)
        let platform = request.query["platform"].flatMap(Platform.init(rawValue:))
        let account = request.query["account"].flatMap { $0.isEmpty ? nil : $0 }
        let found = self.livePosts(
            platform: platform?.rawValue, account: account, below: request.query["before"].flatMap { Int($0) }, now)
        let posts = Array(found.prefix(FeedPage.size + 1))
        let page = FeedPage(
            now: now, platform: platform, account: account,
            cards: posts.prefix(FeedPage.size).map { self.card($0, now) },
            next: posts.count > FeedPage.size ? posts[FeedPage.size - 1].serial : nil,
            isFirst: request.query["before"] == nil,
            totals: FeedPage.Totals(
                accounts: self.accountOrder.count, posts: self.posts.values.count { $0.isLive(at: now) },
                boosts: self.campaigns.values.count { $0.activatedAt != nil }, attempts: self.ledger.attempts.count,
                duplicates: self.ledger.duplicates().count, faults: self.faults.rules.count),
            accounts: self.accountOrder.compactMap { self.accounts[$0] }.filter {
                platform == nil || $0.key.platform == platform
            }
            .prefix(500).map(\.handle))
        return .html(page.html)
    }

    /// The page of one post, at the address that the platform gave.
    func postPage(_ call: Call, id: String) -> SimulatedResponse {
        guard let post = self.posts[id], post.account.platform == call.platform, post.isLive(at: call.now) else {
            return .html(
                "<!doctype html><meta charset=utf-8><title>Not found</title><p>This post does not exist.", status: 404)
        }
        let page = FeedPage(
            now: call.now, platform: call.platform, account: nil, cards: [self.card(post, call.now)], next: nil,
            isFirst: true, totals: nil, accounts: [])
        return .html(page.html)
    }

    private func card(_ post: SimulatedPost, _ now: WorldTime) -> FeedCard {
        let account = self.accounts[post.account]
        let paid = self.paid(for: post.id, now)
        let counters = self.engagement(of: post, at: now)
        let replies = self.repliesByPost[post.id, default: []].count + self.commentsByPost[post.id, default: []].count
        return FeedCard(
            platform: post.account.platform, id: post.id, name: account?.name ?? "?", handle: account?.handle ?? "?",
            text: post.currentText, format: post.format, createdAt: post.createdAt, isReply: post.replyTo != nil,
            link: post.link,
            media: post.mediaIDs.enumerated().map { index, id in
                FeedCard.Media(
                    id: id, isVideo: self.media[id]?.isVideo ?? false,
                    alt: (index < post.altTexts.count ? post.altTexts[index] : nil) ?? self.media[id]?.altText ?? "")
            },
            poll: post.poll?.options ?? [], counters: counters, comments: counters.comments + replies,
            isBoosted: paid.isBoosted, paidImpressions: paid.impressions, paidSpend: paid.spend,
            remarks: self.commentsByPost[post.id, default: []].compactMap { self.comments[$0] }
                .filter { $0.deletedAt == nil }.suffix(3).map(\.text),
            isPrivate: post.isPrivate ?? false)
    }
}
