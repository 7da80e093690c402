// SPDX-License-Identifier: MIT

/// A container: what is to be published on Instagram, fetched and processed first; it lives 24 hours.
struct InstagramContainer: Sendable, Codable {
    enum Kind: String, Sendable, Codable {
        case image
        case reel
        case story
        case carousel
        /// A part of a carousel.
        case item
    }

    /// Why it ended in an error.
    struct Failure: Sendable, Codable {
        var subcode: Int
        /// When that becomes known.
        var at: WorldTime
    }

    enum Status: String, Sendable {
        case inProgress = "IN_PROGRESS"
        case finished = "FINISHED"
        case error = "ERROR"
        case expired = "EXPIRED"
        case published = "PUBLISHED"
    }

    /// World seconds that a container lives.
    static let life = 86_400.0

    var id: String
    var serial: Int
    var account: AccountKey
    var kind: Kind
    var caption = ""
    var altText: String?
    var mediaIDs: [String] = []
    var children: [String] = []
    var collaborators: [String] = []
    var sharesToFeed: Bool?
    /// What else was asked for, as it was written.
    var settings: [String: String]?
    var createdAt: WorldTime
    var failure: Failure?
    /// The post that came of it.
    var postID: String?
}

extension World {
    /// Where a container stands.
    func status(of container: InstagramContainer, at now: WorldTime) -> InstagramContainer.Status {
        if container.postID != nil { return .published }
        if now - container.createdAt >= InstagramContainer.life { return .expired }
        if let failure = container.failure { return failure.at <= now ? .error : .inProgress }
        let states = container.mediaIDs.map { self.media[$0]?.state(at: now) ?? .failed }
        if states.contains(.failed) { return .error }
        return states.allSatisfy { $0 == .ready } ? .finished : .inProgress
    }

    /// What the attempt to publish a container is known by.
    func marker(of container: InstagramContainer) -> Marker {
        self.graphMarker(container.caption, container.mediaIDs.compactMap { self.media[$0] })
    }

    /// `GET /{ig-container}`; a container that is not published proves that no attempt to publish it worked.
    mutating func readContainer(
        _ call: inout Call, _ request: GraphRequest, _ container: InstagramContainer
    ) throws(GraphRefusal) -> SimulatedResponse {
        let status = self.status(of: container, at: call.now)
        var object: JSONObject = ["id": .string(container.id)]
        for name in request.fields.map(\.name) {
            switch name {
            case "status_code": object[name] = .string(status.rawValue)
            case "status": object[name] = .string(Self.text(of: status, container))
            case "video_status":
                guard let media = container.mediaIDs.first.flatMap({ self.media[$0] }), media.isVideo else { continue }
                let isComplete = media.phase != .uploading
                object[name] = [
                    "uploading_phase": [
                        "status": isComplete ? "complete" : "in_progress",
                        // The documents of reels spell it with one r; which one containers have is uncertain.
                        "bytes_transferred": JSONValue(media.received ?? 0),
                        "bytes_transfered": JSONValue(media.received ?? 0),
                    ],
                    "processing_phase": ["status": status == .finished ? "complete" : "not_started"],
                ]
            case "copyright_check_status": object[name] = ["status": "completed", "matches_found": false]
            default: break
            }
        }
        if status != .published, request.fields.contains(where: { $0.name == "status_code" || $0.name == "status" }) {
            call.read = self.ledger.observe(
                platform: "instagram", account: container.account.externalID, isLeaving: call.isLeaving
            ) { $0.handle == container.id && !$0.tookEffect }
        }
        return .json(.object(object))
    }

    private static func text(of status: InstagramContainer.Status, _ container: InstagramContainer) -> String {
        switch status {
        case .inProgress: "In Progress: Media is still being processed."
        case .finished: "Finished: Media has been uploaded and it is ready to be published."
        case .error: "Error: Media upload has failed with error code \(container.failure?.subcode ?? 2_207_026)"
        case .expired: "Expired: The container was not published within 24 hours."
        case .published: "Published: Media has been published."
        }
    }
}
