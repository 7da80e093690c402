// SPDX-License-Identifier: MIT

/// One way of a file to TikTok, known by its `publish_id`.
struct TikTokPublish: Sendable, Codable {
    /// World seconds that an upload address works.
    static let uploadLife = 3600.0
    /// World seconds from publication to the end of moderation, when a public post gets its id.
    static let moderationSeconds = 60.0

    enum Status: String, Sendable {
        case uploading = "PROCESSING_UPLOAD"
        case downloading = "PROCESSING_DOWNLOAD"
        case inbox = "SEND_TO_USER_INBOX"
        case complete = "PUBLISH_COMPLETE"
        case failed = "FAILED"
    }

    var id: String
    var serial: Int
    var account: AccountKey
    var clientID: String
    var isPhoto = false
    /// Whether the creator finishes it in the app.
    var isDraft = false
    var isUpload = false
    var text = ""
    var privacy: String?
    /// What was chosen besides, by name: what is false is left out.
    var settings: [String: String]?
    var createdAt: WorldTime
    /// What tells the upload address from a guess.
    var uploadToken: String
    var size = 0
    var chunkSize = 0
    var chunkCount = 0
    var received = 0
    var digest = ""
    var contentType = "video/mp4"
    /// The token `[ph:…]` that the file carries.
    var token: String?
    var isBroken = false
    var chunks = 0
    /// When processing ends.
    var endsAt: WorldTime?
    var failure: String?
    var cancelledAt: WorldTime?
    var postID: String?

    /// Whether everybody will see it.
    var isPublic: Bool { self.privacy == "PUBLIC_TO_EVERYONE" }

    /// The marker of the attempt to publish it.
    var marker: Marker {
        if Marker.token(in: Array(self.text.utf8)) == nil, let token = self.token { return Marker(text: "[\(token)]") }
        return Marker(text: self.text, context: self.digest)
    }

    /// Where it stands.
    func status(at now: WorldTime) -> Status {
        if self.cancelledAt != nil { return .failed }
        if self.isUpload, self.received < self.size { return .uploading }
        guard let endsAt = self.endsAt, endsAt <= now else { return self.isUpload ? .uploading : .downloading }
        if self.failure != nil { return .failed }
        return self.isDraft ? .inbox : .complete
    }

    /// Checks the chunk rules of the transfer guide; the answer says what is wrong.
    static func problem(size: Int, chunkSize: Int, count: Int) -> String? {
        let least = 5_000_000
        if size < least {
            return chunkSize == size && count == 1
                ? nil : "A video under 5 MB is one chunk of its size."
        }
        // A video of 5 to 64 MB may be one chunk as well.
        guard (least...64_000_000).contains(chunkSize), chunkSize <= size else {
            return "chunk_size must be from 5 to 64 MB and at most the video's size."
        }
        guard count == size / chunkSize else {
            return "total_chunk_count must be video_size / chunk_size, rounded down."
        }
        return nil
    }

    /// The bytes that a chunk which begins at an offset has: the last takes what is left.
    func chunkLength(at offset: Int) -> Int {
        let index = offset / max(1, self.chunkSize)
        return index >= self.chunkCount - 1 ? self.size - offset : self.chunkSize
    }
}
