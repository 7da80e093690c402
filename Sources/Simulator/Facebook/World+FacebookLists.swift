// SPDX-License-Identifier: MIT

extension World {
    /// `/feed`, `/posts`, `/published_posts` and `/scheduled_posts`, newest first.
    ///
    /// `/feed` shows unpublished posts too. Whether the real one shows a new post at once is uncertain; here it does,
    /// unless a fault rule hides it.
    mutating func pagePosts(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let window = GraphWindow(request.arguments)
        let now = call.now
        let all = self.timeline(page, since: window).filter { post in
            guard post.format != "story", post.deletedAt == nil, !post.processingFails, window.contains(post.createdAt),
                (post.hiddenUntil ?? now) <= now
            else { return false }
            switch request.endpoint {
            case .scheduledPosts: return post.settings["scheduled"] != nil && post.visibleAt > now
            case .publishedPosts: return post.visibleAt <= now
            default: return post.visibleAt <= now || post.settings["scheduled"] != nil || post.settings["draft"] != nil
            }
        }
        let list = try GraphPage(all, request.arguments, defaultLimit: 25) { $0.id }
        if request.endpoint != .scheduledPosts {
            self.observePage(&call, page, "feed", list.entries, isCut: list.isCut, request.arguments)
        }
        let fields =
            request.fields.isEmpty
            ? ["created_time", "message"].map { GraphField(name: $0) } : request.fields
        var entries: [JSONValue] = []
        for post in list.entries { entries.append(try self.graphShow(post, fields, call)) }
        return .json(["data": .array(entries), "paging": list.paging(call)])
    }

    /// The posts of an account, newest first, as far back as a window reaches.
    func timeline(_ account: SimulatedAccount, since window: GraphWindow) -> [SimulatedPost] {
        Array(
            self.timelines[account.key, default: []].reversed().lazy.compactMap { self.posts[$0] }
                .prefix { !window.isBefore($0.createdAt) })
    }

    /// Tells the ledger what a list of the account's own posts proves.
    mutating func observePage(
        _ call: inout Call, _ account: SimulatedAccount, _ listing: String, _ page: [SimulatedPost], isCut: Bool,
        _ arguments: GraphArguments
    ) {
        let window = GraphWindow(arguments)
        let above = arguments.text("after").flatMap { self.posts[$0]?.serial } ?? .max
        let lowest = isCut ? page.last?.serial ?? 0 : 0
        let shown = Set(page.map(\.marker))
        call.read = self.ledger.observe(
            platform: account.key.platform.rawValue, account: account.key.externalID, isLeaving: call.isLeaving
        ) { attempt in
            attempt.kind == .post && attempt.listing == listing && attempt.position >= lowest
                && attempt.position < above && window.contains(attempt.worldTime) && !shown.contains(attempt.marker)
        }
    }

    /// `/videos` and `/video_reels`, those in processing too, which is uncertain of the real ones.
    mutating func pageVideos(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let window = GraphWindow(request.arguments)
        let now = call.now
        let posts = self.timeline(page, since: window).filter { post in
            let isWanted = request.endpoint == .reels ? post.format == "reel" : post.hasVideo && post.format != "story"
            let isFailed = post.processingFails && post.visibleAt <= now
            return isWanted && post.deletedAt == nil && !isFailed && (post.hiddenUntil ?? now) <= now
                && window.contains(post.createdAt)
        }
        let list = try GraphPage(posts, request.arguments, defaultLimit: 25) { $0.id }
        self.observeVideos(&call, page, list.entries, isCut: list.isCut, request)
        let entries = list.entries.compactMap { $0.mediaIDs.first.flatMap { self.media[$0] } }
        return .json([
            "data": .array(entries.map { self.graphShow(video: $0, request.fields, call.now) }),
            "paging": list.paging(call),
        ])
    }

    /// What a list of videos proves of the attempts to publish a video or a reel.
    private mutating func observeVideos(
        _ call: inout Call, _ account: SimulatedAccount, _ page: [SimulatedPost], isCut: Bool, _ request: GraphRequest
    ) {
        let window = GraphWindow(request.arguments)
        let above = request.arguments.text("after").flatMap { self.posts[$0]?.serial } ?? .max
        let lowest = isCut ? page.last?.serial ?? 0 : 0
        let shown = Set(page.map(\.marker))
        let endpoints =
            request.endpoint == .reels
            ? [GraphEndpoint.publishReel.rawValue]
            : [GraphEndpoint.publishReel.rawValue, GraphEndpoint.publishVideo.rawValue]
        call.read = self.ledger.observe(
            platform: "facebook", account: account.key.externalID, isLeaving: call.isLeaving
        ) { attempt in
            endpoints.contains(attempt.endpoint) && attempt.position >= lowest && attempt.position < above
                && window.contains(attempt.worldTime) && !shown.contains(attempt.marker)
        }
    }

    /// `GET /{page}/stories`: what is not older than a day.
    mutating func pageStories(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let stories = self.timelines[page.key, default: []].reversed().compactMap { self.posts[$0] }.filter {
            $0.format == "story" && $0.isListed(at: call.now) && call.now - $0.visibleAt < 86_400
        }
        let list = try GraphPage(stories, request.arguments, defaultLimit: 25) { $0.id }
        self.observePage(&call, page, "stories", list.entries, isCut: list.isCut, request.arguments)
        let entries = list.entries.map { story -> JSONValue in
            [
                "post_id": .string(story.id), "status": "PUBLISHED",
                "creation_time": .string(String(story.visibleAt.epochSecondsRoundedUp)),
                "media_type": story.hasVideo ? "video" : "photo", "media_id": JSONValue(story.mediaIDs.first),
                "url": .string("https://facebook.com/stories/\(page.key.externalID)/\(story.id)"),
            ]
        }
        return .json(["data": .array(entries), "paging": list.paging(call)])
    }
}

/// `since` and `until` of a list.
struct GraphWindow: Sendable {
    private var since: WorldTime?
    private var until: WorldTime?

    init(_ arguments: GraphArguments) {
        self.since = arguments.time("since")
        self.until = arguments.time("until")
    }

    /// Whether an instant is too early.
    func isBefore(_ time: WorldTime) -> Bool { self.since.map { time.wholeSecond < $0 } ?? false }

    /// Whether an instant lies inside; Graph knows times to the second.
    func contains(_ time: WorldTime) -> Bool {
        let second = time.wholeSecond
        return second >= self.since ?? second && second <= self.until ?? second
    }
}
