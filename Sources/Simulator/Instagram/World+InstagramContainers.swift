// SPDX-License-Identifier: MIT

extension World {
    /// `POST /{ig-user}/media`.
    mutating func createContainer(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let draft = try ContainerDraft(arguments)
        if arguments.value("trial_params") != nil, account.followers < 1000 { throw GraphRefusal.noTrialReels }
        let children = draft.kind == .carousel ? try self.children(arguments, account, call.now) : []
        // With which code the 401st container is refused is uncertain.
        let limit = RateLimiter.Limit(requests: 400, seconds: 86_400).scaled(by: self.options.rateScale)
        let key = "instagram|containers|\(account.key.externalID)"
        guard self.limiter.peek(key, limit, now: call.now).isAllowed else { throw GraphRefusal.publishingLimit }
        let serial = self.nextSerial()
        var container = InstagramContainer(
            id: self.graphID(serial, .instagram), serial: serial, account: account.key, kind: draft.kind,
            createdAt: call.now)
        container.caption = arguments.text("caption") ?? ""
        container.altText = arguments.text("alt_text")
        container.collaborators = arguments.texts("collaborators") ?? []
        container.sharesToFeed = arguments.flag("share_to_feed")
        container.settings = Self.settings(arguments)
        container.children = children.map(\.id)
        container.mediaIDs = children.flatMap(\.mediaIDs)
        if draft.isUpload {
            container.mediaIDs = [self.makeSession(account, "container", size: nil, call.now).id]
        } else if let url = draft.imageURL {
            container.mediaIDs = [try self.fetchedImage(url, draft.kind, account, container.altText, &call).id]
        } else if let url = draft.videoURL {
            self.takeVideo(url, into: &container, account, &call)
        }
        if let cover = arguments.text("cover_url"), GraphFile(call.request.fetched[cover])?.type != "image/jpeg" {
            throw GraphRefusal.cannotFetch(cover)
        }
        _ = self.limiter.take(key, limit, now: call.now)
        self.store(container)
        var answer: JSONObject = ["id": .string(container.id)]
        if draft.isUpload {
            let version = GraphPath(call.request).version ?? "v25.0"
            answer["uri"] = .string("https://rupload.facebook.com/ig-api-upload/\(version)/\(container.id)")
        }
        return .json(.object(answer))
    }

    /// What a container has besides its media and words.
    private static func settings(_ arguments: GraphArguments) -> [String: String] {
        let names = [
            "location_id", "user_tags", "cover_url", "thumb_offset", "audio_name", "trial_params", "is_ai_generated",
        ]
        return names.reduce(into: [:]) { settings, name in
            guard let value = arguments.value(name) else { return }
            settings[name] = value.string ?? String(decoding: value.encoded, as: UTF8.self)
        }
    }

    /// Stores a container as it is now.
    mutating func store(_ container: InstagramContainer) {
        self.containers[container.id] = container
        self.record(.container(container))
    }

    private func children(
        _ arguments: GraphArguments, _ account: SimulatedAccount, _ now: WorldTime
    ) throws(GraphRefusal) -> [InstagramContainer] {
        let ids = arguments.texts("children") ?? []
        guard (2...10).contains(ids.count), Set(ids).count == ids.count else { throw GraphRefusal.carouselCount }
        var children: [InstagramContainer] = []
        for id in ids {
            guard let child = self.containers[id], child.account == account.key else { throw GraphRefusal.noContainer }
            guard child.kind == .item else {
                throw GraphRefusal.invalid("Only containers with is_carousel_item can be children")
            }
            switch self.status(of: child, at: now) {
            case .finished: children.append(child)
            case .expired: throw GraphRefusal.containerExpired
            case .published: throw GraphRefusal.noContainer
            case .inProgress, .error: throw GraphRefusal.notReady
            }
        }
        return children
    }

    /// The image at an address; what cannot be read of it is not judged.
    private mutating func fetchedImage(
        _ url: String, _ kind: InstagramContainer.Kind, _ account: SimulatedAccount, _ altText: String?,
        _ call: inout Call
    ) throws(GraphRefusal) -> SimulatedMedia {
        if case .tooLarge? = call.request.fetched[url] { throw GraphRefusal.imageTooLarge }
        guard let file = GraphFile(call.request.fetched[url]), let type = file.type, type.hasPrefix("image/") else {
            throw GraphRefusal.cannotFetch(url)
        }
        guard type == "image/jpeg" else { throw GraphRefusal.imageFormat }
        guard file.size <= 8_000_000 else { throw GraphRefusal.imageTooLarge }
        if kind != .story, let size = MediaType.sizeOfJPEG(file.head), size.height > 0 {
            let ratio = Double(size.width) / Double(size.height)
            guard (0.8...1.91).contains((ratio * 100).rounded() / 100) else { throw GraphRefusal.imageRatio }
        }
        var media = self.keep(file, of: account, type: type, purpose: "container", &call)
        media.altText = altText
        if file.isBroken { media.phase = .failed }
        self.media[media.id] = media
        self.record(.media(media))
        return media
    }

    /// The video at an address; what is wrong with it becomes known after a while, as the container's status.
    private mutating func takeVideo(
        _ url: String, into container: inout InstagramContainer, _ account: SimulatedAccount, _ call: inout Call
    ) {
        let limit = container.kind == .story ? 100_000_000 : 300_000_000
        guard let file = GraphFile(call.request.fetched[url]) else {
            var subcode = 2_207_052
            if case .tooLarge? = call.request.fetched[url] { subcode = 2_207_026 }
            container.failure = .init(subcode: subcode, at: call.now + 10)
            return
        }
        guard let type = file.type, ["video/mp4", "video/quicktime"].contains(type), file.size <= limit else {
            container.failure = .init(subcode: 2_207_026, at: call.now + 10)
            return
        }
        container.mediaIDs = [self.keep(file, of: account, type: type, purpose: "container", &call).id]
    }

    /// `POST /{ig-user}/media_publish`.
    mutating func publishContainer(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let id = request.arguments.text("creation_id"), var container = self.containers[id],
            container.account == account.key, container.kind != .item
        else { throw GraphRefusal.noContainer }
        switch self.status(of: container, at: call.now) {
        case .finished: break
        case .expired: throw GraphRefusal.containerExpired
        // What exactly a second publication is refused with is uncertain.
        case .inProgress, .error, .published: throw GraphRefusal.notReady
        }
        guard self.publishedToday(account, call.now) < self.publishingQuota(account) else {
            throw GraphRefusal.publishingLimit
        }
        let post = self.makeInstagramPost(&call, container)
        container.postID = post.id
        self.store(container)
        for child in container.children {
            guard var part = self.containers[child] else { continue }
            part.postID = post.id
            self.store(part)
        }
        let fields = request.fields
        return .json(
            fields.isEmpty ? ["id": .string(post.id)] : try self.graphShow(instagram: post, fields, call))
    }

    private mutating func makeInstagramPost(_ call: inout Call, _ container: InstagramContainer) -> SimulatedPost {
        let serial = self.nextSerial()
        let media = container.mediaIDs.compactMap { self.media[$0] }
        var post = SimulatedPost(
            id: self.graphID(serial, .instagram), serial: serial, account: container.account,
            marker: call.effect?.marker ?? self.marker(of: container), text: container.caption,
            format: container.kind.rawValue, createdAt: call.now, visibleAt: call.now)
        post.mediaIDs = container.mediaIDs
        post.altTexts = media.map(\.altText)
        post.hiddenUntil = call.hiddenSeconds.map { call.now + $0 }
        post.hasImage = media.contains { !$0.isVideo }
        post.hasVideo = media.contains(where: \.isVideo)
        if !container.collaborators.isEmpty {
            post.settings["collaborators"] = container.collaborators.joined(separator: ",")
        }
        if container.sharesToFeed == false { post.settings["share_to_feed"] = "false" }
        post.settings.merge(container.settings ?? [:]) { own, _ in own }
        for child in container.children {
            // The first picture's tags stand for the carousel's.
            post.settings.merge(self.containers[child]?.settings ?? [:]) { own, _ in own }
        }
        self.insert(post)
        for item in media { if let item = self.media[item.id] { self.record(.media(item)) } }
        call.tookEffect = true
        call.remoteID = post.id
        return post
    }

    private func publishingQuota(_ account: SimulatedAccount) -> Int {
        max(1, Int((Double(account.publishingQuota ?? 50) * self.options.rateScale).rounded()))
    }

    /// Posts of the last 24 hours, also those that were deleted since; a carousel counts once.
    private func publishedToday(_ account: SimulatedAccount, _ now: WorldTime) -> Int {
        self.timelines[account.key, default: []].reversed().lazy.compactMap { self.posts[$0] }
            .prefix { now - $0.createdAt < 86_400 }.reduce(0) { count, _ in count + 1 }
    }

    /// `GET /{ig-user}/content_publishing_limit`.
    func publishingLimit(_ call: Call, _ request: GraphRequest, _ account: SimulatedAccount) -> SimulatedResponse {
        var entry: JSONObject = [:]
        for name in request.fields.isEmpty ? ["quota_usage"] : request.fields.map(\.name) {
            switch name {
            case "quota_usage": entry[name] = JSONValue(self.publishedToday(account, call.now))
            case "config":
                entry[name] = [
                    "quota_total": JSONValue(self.publishingQuota(account)), "quota_duration": 86_400,
                ]
            default: break
            }
        }
        return .json(["data": [.object(entry)]])
    }
}
