// SPDX-License-Identifier: MIT

/// The parts of a path on a host of Graph: `/v25.0/NODE/EDGE`.
struct GraphPath: Sendable, Equatable {
    /// The versions that are served.
    static let versions = ["v25.0", "v26.0"]

    /// `v25.0`, when the path begins with something of that form.
    var version: String?
    /// What follows the version.
    var parts: [String]
    var isUpload: Bool

    init(_ request: SimulatedRequest) {
        self.isUpload = request.host == "rupload.facebook.com"
        var parts = request.segments
        // An upload has the version in second place: `/video-upload/v25.0/ID`.
        let position = self.isUpload ? 1 : 0
        if parts.count > position, Self.isVersion(parts[position]) { self.version = parts.remove(at: position) }
        self.parts = parts
    }

    private static func isVersion(_ text: String) -> Bool {
        text.hasPrefix("v") && Double(text.dropFirst()) != nil
    }

    /// The id or name of the node.
    var node: String? { self.isUpload ? self.parts.dropFirst().first : self.parts.first }

    /// The connection that is asked for; empty for the node itself.
    var edge: String { self.parts.dropFirst().joined(separator: "/") }
}

/// A thing that Graph has under an id.
enum GraphNode: Sendable {
    case person(GraphPerson)
    case page(SimulatedAccount)
    case post(SimulatedPost)
    case photo(SimulatedMedia)
    case video(SimulatedMedia)
    case comment(SimulatedComment)
    case instagramUser(SimulatedAccount)
    case container(InstagramContainer)
    case instagramMedia(SimulatedPost)
    case instagramComment(SimulatedComment)
    case adAccount(SimulatedAdAccount)
    case campaign(SimulatedAdObject)
    case adSet(SimulatedAdObject)
    case ad(SimulatedAdObject)
    case adCreative(SimulatedAdObject)

    /// How the endpoints name it.
    var kind: String {
        switch self {
        case .person: "user"
        case .page: "page"
        case .post: "post"
        case .photo: "photo"
        case .video: "video"
        case .comment: "comment"
        case .instagramUser: "ig-user"
        case .container: "ig-container"
        case .instagramMedia: "ig-media"
        case .instagramComment: "ig-comment"
        case .adAccount: "ad-account"
        case .campaign: "campaign"
        case .adSet: "ad-set"
        case .ad: "ad"
        case .adCreative: "ad-creative"
        }
    }
}

extension World {
    /// The account that a path is about; also when the thing itself is not there any more.
    func graphSubject(_ path: GraphPath, _ bearer: GraphBearer?) -> SimulatedAccount? {
        guard let id = path.node else { return nil }
        if id == "me" { return bearer?.token.owner.flatMap { self.accounts[$0] } }
        for platform in [Platform.facebook, .instagram] {
            if let account = self.accounts[AccountKey(platform: platform, externalID: id)] { return account }
        }
        if let key = self.posts[id]?.account ?? self.media[id]?.account ?? self.containers[id]?.account {
            return key.platform == .facebook || key.platform == .instagram ? self.accounts[key] : nil
        }
        if let comment = self.comments[id] { return self.posts[comment.postID].flatMap { self.accounts[$0.account] } }
        guard let page = id.split(separator: "_").first, id.contains("_") else { return nil }
        return self.accounts[AccountKey(platform: .facebook, externalID: String(page))]
    }

    /// The thing under an id, if it is there.
    func graphNode(_ id: String, _ bearer: GraphBearer, at now: WorldTime) -> GraphNode? {
        if id == "me" {
            if let owner = bearer.token.owner.flatMap({ self.accounts[$0] }) {
                return owner.key.platform == .facebook ? .page(owner) : .instagramUser(owner)
            }
            return bearer.token.person.flatMap { self.people[$0] }.map { .person($0) }
        }
        if let node = self.adNode(id) { return node }
        if let person = self.people[id] { return .person(person) }
        if let page = self.accounts[AccountKey(platform: .facebook, externalID: id)] { return .page(page) }
        if let user = self.accounts[AccountKey(platform: .instagram, externalID: id)] { return .instagramUser(user) }
        if let container = self.containers[id] { return .container(container) }
        if let post = self.posts[id], post.deletedAt == nil {
            switch post.account.platform {
            case .facebook: return .post(post)
            case .instagram: return post.isLive(at: now) ? .instagramMedia(post) : nil
            default: return nil
            }
        }
        if let media = self.media[id], media.account.platform == .facebook, !self.isGone(media, at: now) {
            return media.isVideo ? .video(media) : .photo(media)
        }
        if let comment = self.comments[id], comment.deletedAt == nil, let post = self.posts[comment.postID],
            post.deletedAt == nil
        {
            switch post.account.platform {
            case .facebook: return .comment(comment)
            case .instagram: return .instagramComment(comment)
            default: return nil
            }
        }
        return nil
    }

    /// Whether a file of Graph was cleared away: unpublished ones are after about a day, and those of deleted posts.
    func isGone(_ media: SimulatedMedia, at now: WorldTime) -> Bool {
        if media.deletedAt != nil { return true }
        if let post = media.postID.flatMap({ self.posts[$0] }) { return post.deletedAt != nil }
        return now - media.createdAt > 86_400
    }

    /// An id of Graph: decimal digits that do not fit into a double.
    func graphID(_ serial: Int, _ platform: Platform = .facebook) -> String {
        let base: Int64 = platform == .instagram ? 17_900_000_000_000_000 : 122_100_000_000_000_000
        let check = stableHash("graph", String(self.options.seed), String(serial)) % 10
        return String(base + Int64(serial) * 10 + Int64(check))
    }
}

extension WorldTime {
    /// The instant as Graph writes it, `2026-11-21T09:24:00+0000`.
    var graph: String { self.iso8601.prefix(19) + "+0000" }
}
