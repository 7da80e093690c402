// SPDX-License-Identifier: MIT

/// The other side: it does what arrives, once per arrival, and its lists are late.
struct ModelPlatform: Sendable {
    /// What took effect.
    struct Post: Sendable {
        var operation: Int
        var send: Int
        /// Its lists miss it once, for less than the distance of two looks: from the start, or for a while later.
        var hidden: Range<Int>
    }

    /// One request on its way.
    struct Request: Sendable {
        var number: Int
        var worker: Int
        var lease: Int64
        var operation: Int
        var send: Int
    }

    /// What it answers.
    enum Reply: Sendable {
        case done
        case busy
        case refused
    }

    private(set) var posts: [Post] = []
    private var departures: [Int: [Int]] = [:]

    /// A call leaves a worker, in the name of an account.
    ///
    /// The answer is how many left in the window that ends now.
    mutating func depart(_ account: Int, at now: Int, window: Int) -> Int {
        self.departures[account, default: []].append(now)
        return self.departures[account, default: []].count { $0 > now - window }
    }

    /// A request took effect.
    mutating func execute(_ request: Request, hidden: Range<Int>) {
        self.posts.append(Post(operation: request.operation, send: request.send, hidden: hidden))
    }

    func count(_ operation: Int) -> Int { self.posts.count { $0.operation == operation } }

    /// Whether its lists show an operation.
    func shows(_ operation: Int, at now: Int) -> Bool {
        self.posts.contains { $0.operation == operation && !$0.hidden.contains(now) }
    }
}
