// SPDX-License-Identifier: MIT

import Publishing

/// How large a chaos run is, and what is broken in it.
struct ChaosOptions: Sendable {
    /// How many posts are due at once.
    var posts = 5_000
    /// How many clients they belong to.
    var clients = 50
    /// How many accounts each client has.
    var accountsPerClient = 10
    /// When they are due.
    var time = PostTime.now
    /// The platforms that accounts are on, in turn.
    var platforms = ["mock", "x"]
    /// Whether every format of every platform is published, instead of words on two of them.
    var hasAllFormats = false {
        didSet { if self.hasAllFormats { self.platforms = ChaosFormat.platforms } }
    }
    /// How many worker processes work on them.
    var workers = 2
    /// The program of every second worker: another release beside this one.
    var otherBinary: String?
    /// The pause between two kills of a random worker; `nil` kills none.
    var killEvery: Duration? = .seconds(1)
    /// Whether workers are told to stop (SIGTERM) instead of being killed: they drain, and nothing may fail by it.
    var terminates = false
    /// How often a worker dies at each named point, besides; none does unless workers are killed.
    var points = 0
    /// The share of visible calls that take effect and are never answered, 0 to 1.
    var resetShare = 0.02
    /// How often PostgreSQL is restarted, evenly over the work.
    var restarts = 1
    /// How often a worker is frozen (SIGSTOP) until the fleet takes it for dead, and then goes on.
    var freezes = 0
    /// How often a connection of a worker is ended by the server.
    var cuts = 0
    /// How many replies of the server are lost on the wire after it did what it was asked.
    var lostReplies = 0
    /// Whether workers go through a PgBouncer in transaction mode.
    var isPooled = false
    /// How often that is killed; it is started again at once.
    var poolerKills = 0
    /// Whether a transaction holds an old snapshot during half of the work.
    var holdsSnapshot = false
    /// Whether the next release's additive migration is applied in the middle: the workers are then of the one before.
    var expandsSchema = false
    /// A library that shifts a process's clock, to be preloaded into the workers: one is ahead, the next behind.
    var clockShim: String?
    /// Whether every fiftieth post is made by a schedule.
    var hasSchedules = false
    /// Whether limits are set that the work has to wait for.
    var setsLimits = true
    /// World seconds per real second: what waits for minutes waits for seconds.
    var rate = 30.0
    /// Where the run's chance comes from.
    var seed: UInt64 = 1
    /// The longest the run may take before it counts as stuck, in real time.
    var limit: Duration = .seconds(900)
    /// How long nothing may be published before the run counts as stuck, in real time.
    var stall: Duration = .seconds(180)

    /// How many accounts there are in all.
    var accounts: Int { self.clients * self.accountsPerClient }
    /// The markers of everything that is to become visible.
    var markers: [String] {
        (0..<self.posts).flatMap { number in
            self.hasAllFormats
                ? ChaosFormat.of(number, accounts: self.accounts).markers(number) : [ChaosAgency.marker(number)]
        }
    }
    /// The same with another number of posts.
    func with(posts: Int) -> ChaosOptions {
        var options = self
        options.posts = posts
        return options
    }
    /// Whether workers die at named points.
    var visitsPoints: Bool { self.points > 0 && self.killEvery != nil && !self.terminates }
    /// Whether posts are added until a worker has died at each point; with all formats platforms allow no more.
    var addsPosts: Bool { self.visitsPoints && !self.hasAllFormats }
    /// Whether workers must be missed soon, because many die or freeze.
    var needsShortLives: Bool { (self.killEvery != nil && !self.terminates) || self.freezes > 0 }
}

extension ChaosOptions {
    /// Restarts of PostgreSQL that suit a number of posts.
    static func restarts(for posts: Int) -> Int { max(1, posts / 20_000) }
    /// Frozen workers that suit a number of posts.
    static func freezes(for posts: Int) -> Int { max(1, posts / 2_500) }
    /// Cut connections that suit a number of posts.
    static func cuts(for posts: Int) -> Int { max(4, posts / 100) }
    /// Deaths at each named point that suit a number of posts.
    static func points(for posts: Int) -> Int { max(1, posts / 20_000) }
    /// Lost replies that suit a number of posts.
    static func lostReplies(for posts: Int) -> Int { max(4, posts / 100) }
    /// Deaths of the pooler that suit a number of posts.
    static func poolerKills(for posts: Int) -> Int { max(1, posts / 5_000) }
    /// Real time in which a number of posts should be done on any machine.
    static func limit(for posts: Int) -> Duration { .seconds(900 + posts / 20) }
}
