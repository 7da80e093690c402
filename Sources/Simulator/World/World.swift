// SPDX-License-Identifier: MIT

/// Everything that exists on the pretend platforms, as one value.
///
/// It does no I/O and knows no time but what it is told.
struct World: Sendable {
    /// What is decided at the start.
    struct Options: Sendable {
        var seed: UInt64 = 1
        var rateScale = 1.0
        var honoursIdempotencyKeys = false
        var usesPostFields = false
        /// World seconds that an access token lives.
        var tokenLifetime = 7200.0
        /// Whether changes are collected for a state file.
        var keepsJournal = false
    }

    var options: Options
    var clock = WorldClock()
    var apps: [String: SimulatedApp] = [:]
    var accounts: [AccountKey: SimulatedAccount] = [:]
    /// Each account's audience, made once.
    var audiences: [AccountKey: Audience] = [:]
    /// Accounts in the order they were provisioned.
    var accountOrder: [AccountKey] = []
    var media: [String: SimulatedMedia] = [:]
    var posts: [String: SimulatedPost] = [:]
    /// Ids of an account's posts, oldest first.
    var timelines: [AccountKey: [String]] = [:]
    /// Ids of all posts, oldest first.
    var allPosts: [String] = []
    /// Latest post by what the duplicate check compares.
    var latestByDuplicateKey: [String: String] = [:]
    var processings: [String: String] = [:]
    var repliesByPost: [String: [String]] = [:]
    var comments: [String: SimulatedComment] = [:]
    var commentsByPost: [String: [String]] = [:]
    var campaigns: [String: SimulatedCampaign] = [:]
    var campaignsByAccount: [AccountKey: [String]] = [:]
    var campaignsByPost: [String: [String]] = [:]
    var adAccounts: [AdAccountKey: SimulatedAdAccount] = [:]
    /// Ad accounts in the order they were provisioned.
    var adAccountOrder: [AdAccountKey] = []
    var adObjects: [String: SimulatedAdObject] = [:]
    /// Ids of an ad account's objects by level, oldest first.
    var adObjectsByAccount: [AdAccountKey: [SimulatedAdObject.Level: [String]]] = [:]
    var adObjectsByParent: [String: [String]] = [:]
    var adsByPost: [String: [String]] = [:]
    /// TikTok: tokens of the API for Business, by themselves.
    var tikTokBusinessTokens: [String: TikTokBusinessToken] = [:]
    var accessTokens: [String: AccountKey] = [:]
    var refreshTokens: [String: AccountKey] = [:]
    var codes: [String: AuthorizationCode] = [:]
    /// X: tokens of OAuth 1.0a, by themselves.
    var oauth1Tokens: [String: SimulatedOAuth1Token] = [:]
    /// X: which request a nonce came with.
    var oauth1Nonces: [String: String] = [:]
    /// People of Facebook, by id.
    var people: [String: GraphPerson] = [:]
    /// Tokens that Graph gave out, by themselves.
    var graphTokens: [String: GraphToken] = [:]
    var containers: [String: InstagramContainer] = [:]
    var tikTokPublishes: [String: TikTokPublish] = [:]
    /// Ids of an account's publishes, oldest first.
    var tikTokPublishesByAccount: [AccountKey: [String]] = [:]
    /// Where the hosts of the pretended world are served, by name.
    var hosts: [String: String] = [:]
    var idempotentAnswers: [String: IdempotentAnswer] = [:]
    var limiter = RateLimiter()
    var faults: FaultEngine
    var ledger = Ledger()
    var calls = CallLog()
    /// Counts everything that gets an id, so that ids are new and in order.
    var serial = 0
    /// Changes not yet taken by the writer of the state file.
    var journal: [JournalEntry] = []

    init(options: Options) {
        self.options = options
        self.faults = FaultEngine(seed: options.seed)
    }

    /// The next serial number.
    mutating func nextSerial() -> Int {
        self.serial += 1
        return self.serial
    }

    /// An id of the mock platform: a letter, the serial in base 36 and two digits that make it hard to guess.
    func mockID(_ letter: String, _ serial: Int) -> String {
        let check = stableHash("id", String(self.options.seed), letter, String(serial)) % 1296
        let digits = String(check, radix: 36)
        return "\(letter)_\(String(serial, radix: 36))\(digits.count == 1 ? "0" : "")\(digits)"
    }

    /// An id of X: milliseconds since its epoch, then the serial, as decimal digits; ordered by time.
    func snowflake(_ serial: Int, at now: WorldTime) -> String {
        let milliseconds = max(0, now.milliseconds - 1_288_834_974_657)
        return String(milliseconds << 22 | Int64(serial & 0x3F_FFFF))
    }

    /// A token that nobody can guess from another.
    func secret(_ parts: String...) -> String {
        let seed = String(self.options.seed)
        let text = parts.joined(separator: "|")
        return (0..<3).map { String(stableHash("secret", seed, text, String($0)), radix: 36) }.joined()
    }

    /// Puts a post into every index.
    mutating func insert(_ post: SimulatedPost) {
        self.posts[post.id] = post
        self.timelines[post.account, default: []].append(post.id)
        self.allPosts.append(post.id)
        if let key = post.duplicateKey { self.latestByDuplicateKey[key] = post.id }
        if let processing = post.processingID { self.processings[processing] = post.id }
        if let parent = post.replyTo { self.repliesByPost[parent, default: []].append(post.id) }
        for id in post.mediaIDs {
            self.media[id]?.isUsed = true
            self.media[id]?.postID = post.id
        }
        self.record(.post(post))
    }

    /// Marks a post as deleted.
    mutating func delete(_ id: String, at now: WorldTime) {
        self.posts[id]?.deletedAt = now
        if let post = self.posts[id] { self.record(.post(post)) }
    }

    /// How a post does, without what was paid for.
    func engagement(of post: SimulatedPost, at now: WorldTime) -> Engagement {
        guard let account = self.accounts[post.account], let audience = self.audiences[post.account] else {
            return Engagement()
        }
        return audience.engagement(
            of: .init(
                id: post.id, followers: account.followers, visibleAt: post.visibleAt,
                hasLink: post.link != nil || !post.links.isEmpty, hasImage: post.hasImage, hasVideo: post.hasVideo),
            at: now)
    }

    /// Followers at an instant: a slow growth that belongs to the account, and those that promotion brought.
    func followers(of account: SimulatedAccount, at now: WorldTime) -> Int {
        let days = max(0, now - account.createdAt) / 86_400
        let daily = 0.0002 + 0.0006 * Double(stableHash("growth", String(account.audienceSeed)) % 1000) / 1000
        let bought = self.campaignsByAccount[account.key, default: []].reduce(0) { sum, id in
            sum + (self.campaigns[id]?.results(at: now, seed: self.options.seed).follows ?? 0)
        }
        return account.followers + Int(Double(account.followers) * daily * days) + bought
    }

    /// Adds a change to what the state file is owed.
    mutating func record(_ entry: JournalEntry) {
        if self.options.keepsJournal { self.journal.append(entry) }
    }
}

/// A code that a person's approval gave, to be exchanged once.
struct AuthorizationCode: Sendable {
    var account: AccountKey
    var clientID: String
    var redirectURI: String
    var challenge: String?
    var scopes: [String]
    var expiresAt: WorldTime
}

/// The answer kept under an idempotency key.
struct IdempotentAnswer: Sendable {
    var fingerprint: String
    var response: SimulatedResponse
    var at: WorldTime
}
