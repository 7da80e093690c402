// SPDX-License-Identifier: MIT

import Foundation

extension World {
    /// `POST /{page}/feed`.
    mutating func publishPost(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let text = arguments.text("message") ?? ""
        let link = arguments.text("link")
        let plan = try PublishPlan(arguments, latestDays: 30, at: call.now)
        try Self.checkMessage(text)
        if let link { try Self.checkLink(link) }
        let photos = try self.attachedPhotos(arguments, page, call.now)
        guard link == nil || photos.isEmpty else {
            throw GraphRefusal.invalid("Only one of link and attached_media can be specified")
        }
        guard text.contains(where: { !$0.isWhitespace }) || link != nil || !photos.isEmpty else {
            throw GraphRefusal.invalid("The post is empty. Please enter a message to share.")
        }
        let duplicateKey =
            photos.isEmpty ? "facebook|\(page.key.externalID)|\(stableHash(Self.shownMessage(text), link ?? ""))" : nil
        if plan.isPublished, let duplicateKey { try self.checkRepeat(duplicateKey, page, call.now) }
        let post = self.makePagePost(
            &call, page, text: text, format: photos.isEmpty ? (link == nil ? "text" : "link") : "image", photos, plan,
            link: link, duplicateKey: duplicateKey)
        return .json(try self.graphWritten(post, request.fields, call))
    }

    /// What a write answers: the id, and what was asked for with it.
    func graphWritten(_ post: SimulatedPost, _ fields: [GraphField], _ call: Call) throws(GraphRefusal) -> JSONValue {
        fields.isEmpty ? ["id": .string(post.id)] : try self.graphShow(post, fields, call)
    }

    static func checkMessage(_ text: String) throws(GraphRefusal) {
        guard text.count <= 63_206 else {
            throw GraphRefusal.invalid("The message has \(text.count) characters; 63206 are allowed")
        }
    }

    private static func checkLink(_ link: String) throws(GraphRefusal) {
        guard let address = WebAddress(link), address.host.contains(".") else {
            throw GraphRefusal.invalid(
                "link must be a valid URL", subcode: 2_061_006, user: "The address of the link is not valid.")
        }
        if address.host == "facebook.com" || address.host.hasSuffix(".facebook.com") {
            throw GraphRefusal.invalid(
                "The link cannot be attached", subcode: 1_609_008, user: "Links to facebook.com cannot be posted here.")
        }
    }

    private func attachedPhotos(
        _ arguments: GraphArguments, _ page: SimulatedAccount, _ now: WorldTime
    ) throws(GraphRefusal) -> [SimulatedMedia] {
        var photos: [SimulatedMedia] = []
        for entry in arguments.list("attached_media") ?? [] {
            let object = entry.object ?? entry.string.flatMap { (try? JSONParser.parse($0.utf8))?.object }
            let id = object?["media_fbid"]?.string ?? object?["media_fbid"]?.integer.map(String.init)
            guard let id else { throw GraphRefusal.invalid("Param attached_media must be a list of {media_fbid}") }
            guard let photo = self.media[id], photo.account == page.key, !photo.isVideo,
                !self.isGone(photo, at: now)
            else { throw GraphRefusal.noObject(id, "post") }
            guard photo.postID == nil, !photos.contains(where: { $0.id == id }) else { throw Self.photoUsed }
            photos.append(photo)
        }
        return photos
    }

    /// 1366051: a photo belongs to one post only.
    static let photoUsed = GraphRefusal.invalid(
        "Invalid parameter", subcode: 1_366_051, user: "These photos were already posted.")

    /// Refuses a text that the Page's latest post has; whether the subcode is right is uncertain.
    private func checkRepeat(_ key: String, _ page: SimulatedAccount, _ now: WorldTime) throws(GraphRefusal) {
        let latest = self.timelines[page.key, default: []].reversed().lazy.compactMap { self.posts[$0] }
            .first { $0.isLive(at: now) && $0.format != "story" }
        guard latest?.duplicateKey == key else { return }
        throw GraphRefusal(
            code: 506, subcode: 1_455_006, message: "(#506) Duplicate status message",
            userMessage: "This status update is identical to the last one you posted.")
    }

    /// The message as Facebook shows it: line ends are unified and the ends trimmed.
    static func shownMessage(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Makes a post of a Page and settles what the ledger needs to know.
    mutating func makePagePost(
        _ call: inout Call, _ page: SimulatedAccount, text: String, format: String, _ media: [SimulatedMedia],
        _ plan: PublishPlan, link: String? = nil, duplicateKey: String? = nil
    ) -> SimulatedPost {
        let serial = self.nextSerial()
        let number = self.graphID(serial)
        var post = SimulatedPost(
            id: format == "story" ? number : "\(page.key.externalID)_\(number)", serial: serial, account: page.key,
            marker: call.effect?.marker ?? self.graphMarker(text, media), text: Self.shownMessage(text),
            format: format, createdAt: call.now, visibleAt: call.now)
        let readyAt = media.compactMap(\.readyAt).max() ?? call.now
        post.visibleAt = plan.isVisible ? max(readyAt, plan.scheduledAt ?? call.now, call.now) : .never
        if let time = plan.scheduledAt { post.settings["scheduled"] = String(time.epochSecondsRoundedUp) }
        if !plan.isVisible { post.settings["draft"] = "true" }
        post.mediaIDs = media.map(\.id)
        post.altTexts = media.map(\.altText)
        post.link = link
        post.duplicateKey = duplicateKey
        post.hiddenUntil = call.hiddenSeconds.map { call.now + $0 }
        post.hasImage = media.contains { !$0.isVideo }
        post.hasVideo = media.contains(where: \.isVideo)
        post.processingFails = media.contains(where: \.isBroken)
        self.insert(post)
        for item in media { if let item = self.media[item.id] { self.record(.media(item)) } }
        call.tookEffect = plan.isVisible && !post.processingFails
        call.remoteID = post.id
        return post
    }

    /// `POST /{post}`: the text, or an unpublished post's publication.
    mutating func editPost(
        _ call: inout Call, _ request: GraphRequest, _ post: SimulatedPost
    ) throws(GraphRefusal) -> SimulatedResponse {
        var post = post
        if let text = request.arguments.text("message") {
            try Self.checkMessage(text)
            post.editedText = Self.shownMessage(text)
        }
        if let time = request.arguments.time("scheduled_publish_time"), !post.isLive(at: call.now) {
            post.visibleAt = time
            post.settings["scheduled"] = String(time.epochSecondsRoundedUp)
        }
        if request.arguments.flag("is_published") == true, !post.isLive(at: call.now) {
            post.visibleAt = call.now
            post.settings["scheduled"] = nil
            post.settings["draft"] = nil
            call.tookEffect = call.effect != nil
            call.remoteID = post.id
        }
        self.posts[post.id] = post
        self.record(.post(post))
        return .json(["success": true])
    }
}

extension WorldTime {
    /// Later than anything: what stays unpublished is visible then.
    static let never = WorldTime(milliseconds: 253_402_300_799_000)
}
