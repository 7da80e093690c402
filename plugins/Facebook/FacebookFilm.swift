// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
import PluginKit

/// The three ways in which a film appears on a Page.
enum FacebookFilm: Sendable {
    case video
    case reel
    case story

    init?(_ format: PostFormat) {
        switch format {
        case .video: self = .video
        case .reel: self = .reel
        case .story: self = .story
        default: return nil
        }
    }

    var edge: String {
        switch self {
        case .video: "videos"
        case .reel: "video_reels"
        case .story: "video_stories"
        }
    }

    /// The bucket of the request that makes it visible.
    var endpoint: String {
        switch self {
        case .video: FacebookEndpoint.videos
        case .reel: FacebookEndpoint.reels
        case .story: FacebookEndpoint.videoStories
        }
    }

    /// The bucket of everything before; reels count what becomes visible alone.
    var uploadEndpoint: String { self == .reel ? FacebookEndpoint.reelUpload : self.endpoint }

    /// The request that makes an uploaded film visible.
    func form(_ film: FacebookState.Film, _ content: PostContent) -> FormFields {
        var form: FormFields = ["upload_phase": "finish"]
        switch self {
        case .video: form.append("upload_session_id", film.session)
        case .reel:
            form.append("video_id", film.id)
            form.append("video_state", "PUBLISHED")
        case .story:
            form.append("video_id", film.id)
            return form
        }
        let words = FacebookWords.message(content)
        form.append("description", words.isEmpty ? nil : words)
        form.append("title", content.settings["title"])
        return form
    }
}

/// How far Facebook is with a film.
struct FacebookFilmStatus: Decodable, Sendable {
    struct Failure: Decodable, Sendable { var message: String? }
    struct Phase: Decodable, Sendable {
        var status: String?
        var error: Failure?
        var errors: [Failure]?
        var publish_status: String?
        var publish_time: GraphValue?
        // Facebook's own spelling.
        var bytes_transfered: GraphValue?

        var failure: Failure? { self.error ?? self.errors?.first }
        var isComplete: Bool { ["complete", "completed"].contains(self.status) }
    }
    struct Status: Decodable, Sendable {
        var video_status: String?
        var uploading_phase: Phase?
        var processing_phase: Phase?
        var publishing_phase: Phase?
    }

    static let fields = "status,permalink_url,post_id"

    var status: Status?
    var permalink_url: String?
    var post_id: GraphID?

    /// Whether people can see it.
    var isPublished: Bool { self.status?.publishing_phase?.publish_status == "published" }
    /// Whether it will never be seen: this upload is of no use any more.
    var isDead: Bool { ["error", "expired", "upload_failed"].contains(self.status?.video_status) }
    /// Whether Facebook works on it.
    var isMoving: Bool {
        self.status?.video_status == "processing" || self.status?.publishing_phase?.status == "in_progress"
    }
    /// How many bytes have arrived; `nil` when Facebook does not say.
    var arrived: Int64? { self.status?.uploading_phase?.bytes_transfered?.count }

    /// Why it cannot be published, when that is so.
    var failure: PluginError? {
        let phases = [self.status?.uploading_phase, self.status?.processing_phase, self.status?.publishing_phase]
            .compactMap(\.self)
        let said = phases.compactMap(\.failure).first
        guard self.isDead || said != nil || phases.contains(where: { $0.status == "error" }) else { return nil }
        return PluginError(
            .permanent, PluginError.redact(said?.message ?? "Facebook could not process the film.", []),
            nextAction: "Replace the film and plan the post again.", field: "media[0]",
            platformCode: self.status?.video_status)
    }
}
