// SPDX-License-Identifier: MIT

extension World {
    /// Posts by the API that a creator may make in 24 hours; about so many, says the documentation.
    private static let tikTokDailyPosts = 15
    /// Drafts that may wait in the creator's inbox in 24 hours.
    private static let tikTokDailyDrafts = 5
    /// Users that an app without an audit may post for in 24 hours.
    private static let tikTokUnauditedUsers = 5

    /// The longest film that a creator may post, in seconds.
    static let tikTokLongestFilm = 600.0

    /// The privacy levels that a creator can choose from.
    private static func privacyOptions(_ account: SimulatedAccount) -> [String] {
        account.isPrivate == true
            ? ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
            : ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    }

    func tikTokCreatorInfo(_ call: Call, _ account: SimulatedAccount) throws(TikTokRefusal) -> SimulatedResponse {
        try self.tikTokCheckCaps(account, isDraft: false, call.now)
        let isPrivate = account.isPrivate ?? false
        let avatar = "https://p16-sign.tiktokcdn.com/\(account.key.externalID).jpeg"
        return Self.tikTokData(
            [
                "creator_avatar_url": .string(avatar), "creator_username": .string(account.handle),
                "creator_nickname": .string(account.name),
                "privacy_level_options": JSONValue(Self.privacyOptions(account)), "comment_disabled": false,
                "duet_disabled": .bool(isPrivate), "stitch_disabled": .bool(isPrivate),
                "max_video_post_duration_sec": JSONValue(Int(Self.tikTokLongestFilm)),
            ], call)
    }

    private func tikTokCheckCaps(
        _ account: SimulatedAccount, isDraft: Bool, _ now: WorldTime
    ) throws(TikTokRefusal) {
        if account.isSuspended { throw TikTokRefusal.banned }
        let own = self.recentPublishes(account.key, now).filter { $0.isDraft == isDraft }
        let cap = Double(isDraft ? Self.tikTokDailyDrafts : Self.tikTokDailyPosts) * self.options.rateScale
        // An upload that never came to its end is not a post.
        let count = own.count { isDraft || $0.postID != nil }
        guard Double(count) < max(1, cap.rounded()) else {
            throw isDraft
                ? TikTokRefusal.forbidden(
                    "spam_risk_too_many_pending_share", "There may be at most 5 pending shares within 24 hours.")
                : .tooManyPosts
        }
        guard self.tikTokApp(account)?.isAudited == false else { return }
        let users = self.tikTokPublishesByAccount.keys.filter { key in
            key == account.key || self.recentPublishes(key, now).contains { $0.clientID == account.clientID }
        }
        guard Set(users).union([account.key]).count <= Self.tikTokUnauditedUsers else {
            throw TikTokRefusal.forbidden(
                "reached_active_user_cap", "The daily quota for active publishing users from your client is reached.")
        }
    }

    /// What an account began to publish in the last 24 hours.
    private func recentPublishes(_ key: AccountKey, _ now: WorldTime) -> [TikTokPublish] {
        self.tikTokPublishesByAccount[key, default: []].reversed().lazy.compactMap { self.tikTokPublishes[$0] }
            .prefix { now - $0.createdAt < 86_400 }.filter { $0.cancelledAt == nil }
    }

    private func tikTokApp(_ account: SimulatedAccount) -> SimulatedApp? {
        self.apps[self.tokenKey(.tiktok, account.clientID ?? "")]
    }

    /// Checks what a direct post says about who may see it.
    private func tikTokCheckPrivacy(_ info: JSONValue?, _ account: SimulatedAccount) throws(TikTokRefusal) -> String {
        guard let level = info?["privacy_level"]?.string else {
            throw TikTokRefusal.invalid("$.post_info.privacy_level: is missing but it is required")
        }
        guard Self.privacyOptions(account).contains(level) else {
            throw TikTokRefusal.forbidden(
                "privacy_level_option_mismatch", "privacy_level is not one of the options of creator_info.")
        }
        if self.tikTokApp(account)?.isAudited == false, level != "SELF_ONLY" {
            throw TikTokRefusal.forbidden(
                "unaudited_client_can_only_post_to_private_accounts",
                "Unaudited clients can only post with the privacy level SELF_ONLY.")
        }
        if info?["brand_content_toggle"] == true, level == "SELF_ONLY" {
            throw TikTokRefusal.invalid("Branded content cannot be private.")
        }
        return level
    }

    private func tikTokCheckURLs(_ urls: [String], _ account: SimulatedAccount) throws(TikTokRefusal) {
        for url in urls {
            guard Self.isPullable(url) else { throw TikTokRefusal.invalid("\(url) is not an https address.") }
            let owned = self.tikTokApp(account)?.ownedAddresses
            guard owned?.contains(where: url.hasPrefix) ?? true else {
                throw TikTokRefusal.forbidden(
                    "url_ownership_unverified", "The ownership of the address must be verified: \(url)")
            }
        }
    }

    /// `video/init` and `inbox/video/init`.
    mutating func tikTokVideoInit(
        _ call: inout Call, _ account: SimulatedAccount, _ body: JSONValue, _ endpoint: TikTokEndpoint
    ) throws(TikTokRefusal) -> SimulatedResponse {
        let isDraft = endpoint == .inboxInit
        let info = body["post_info"]
        let source = body["source_info"]
        var publish = self.makePublish(account, isDraft ? "v_inbox" : "v_pub", source, call.now)
        publish.isDraft = isDraft
        if !isDraft { publish.privacy = try self.tikTokCheckPrivacy(info, account) }
        publish.settings = Self.settings(info, source)
        publish.text = info?["title"]?.string ?? ""
        guard publish.text.utf16.count <= 2200 else {
            throw TikTokRefusal.invalid("The title has more than 2200 UTF-16 units.")
        }
        try self.tikTokCheckCaps(account, isDraft: isDraft, call.now)
        if publish.isUpload {
            try Self.checkUpload(source, &publish)
            self.store(publish)
            let address = "https://open-upload.tiktokapis.com/video/?upload_id=\(publish.id)"
            return Self.tikTokData(
                [
                    "publish_id": .string(publish.id),
                    "upload_url": .string("\(address)&upload_token=\(publish.uploadToken)"),
                ], call)
        }
        for name in ["video_size", "chunk_size", "total_chunk_count"] where source?[name] != nil {
            throw TikTokRefusal.invalid("\(name) does not go with PULL_FROM_URL.")
        }
        guard let url = source?["video_url"]?.string else { throw TikTokRefusal.invalid("video_url is missing.") }
        try self.tikTokCheckURLs([url], account)
        self.pull([url], into: &publish, &call)
        return Self.tikTokData(["publish_id": .string(publish.id)], call)
    }

    private static func checkUpload(_ source: JSONValue?, _ publish: inout TikTokPublish) throws(TikTokRefusal) {
        guard source?["video_url"] == nil else { throw TikTokRefusal.invalid("video_url goes with PULL_FROM_URL.") }
        guard let size = source?["video_size"]?.integer, let chunk = source?["chunk_size"]?.integer,
            let count = source?["total_chunk_count"]?.integer
        else { throw TikTokRefusal.invalid("video_size, chunk_size and total_chunk_count are needed.") }
        if let problem = TikTokPublish.problem(size: size, chunkSize: chunk, count: count) {
            throw TikTokRefusal.invalid(problem)
        }
        publish.size = size
        publish.chunkSize = chunk
        publish.chunkCount = count
    }

    /// `content/init`: photos, which are always pulled.
    mutating func tikTokContentInit(
        _ call: inout Call, _ account: SimulatedAccount, _ body: JSONValue
    ) throws(TikTokRefusal) -> SimulatedResponse {
        let isDraft = body["post_mode"] == "MEDIA_UPLOAD"
        let scope = isDraft ? "video.upload" : "video.publish"
        guard account.scopes.contains(scope) else { throw TikTokRefusal.needs(scope) }
        let info = body["post_info"]
        let title = info?["title"]?.string ?? ""
        let description = info?["description"]?.string ?? ""
        guard title.utf16.count <= 90, description.utf16.count <= 4000 else {
            throw TikTokRefusal.invalid("The title has at most 90 UTF-16 units, the description 4000.")
        }
        let urls = Self.tikTokURLs(body)
        guard body["source_info"]?["photo_cover_index"]?.integer ?? 0 < urls.count else {
            throw TikTokRefusal.invalid("photo_cover_index is beyond the photos.")
        }
        var publish = self.makePublish(account, isDraft ? "p_inbox" : "p_pub", body["source_info"], call.now)
        publish.isDraft = isDraft
        publish.isPhoto = true
        if !isDraft { publish.privacy = try self.tikTokCheckPrivacy(info, account) }
        publish.settings = Self.settings(info, body["source_info"], body)
        publish.text = [title, description].filter { !$0.isEmpty }.joined(separator: "\n")
        try self.tikTokCheckCaps(account, isDraft: isDraft, call.now)
        try self.tikTokCheckURLs(urls, account)
        self.pull(urls, into: &publish, &call)
        return Self.tikTokData(["publish_id": .string(publish.id)], call)
    }

    private mutating func makePublish(
        _ account: SimulatedAccount, _ prefix: String, _ source: JSONValue?, _ now: WorldTime
    ) -> TikTokPublish {
        let serial = self.nextSerial()
        let isUpload = source?["source"] == "FILE_UPLOAD"
        let digits = String(7_300_000_000_000_000_000 + Int64(serial) * 1009)
        var publish = TikTokPublish(
            id: "\(prefix)_\(isUpload ? "file" : "url")~v2-1.\(digits)", serial: serial, account: account.key,
            clientID: account.clientID ?? "", createdAt: now,
            uploadToken: self.secret("upload", account.key.externalID, String(serial)))
        publish.isUpload = isUpload
        return publish
    }

    /// What was chosen besides words and files, by name.
    private static func settings(_ parts: JSONValue?...) -> [String: String] {
        let names = [
            "privacy_level", "disable_comment", "disable_duet", "disable_stitch", "brand_content_toggle",
            "brand_organic_toggle", "is_aigc", "auto_add_music", "video_cover_timestamp_ms", "photo_cover_index",
            "source",
        ]
        return parts.reduce(into: [:]) { settings, part in
            for name in names {
                guard let value = part?[name], value != false else { continue }
                settings[name] = value.string ?? String(decoding: value.encoded, as: UTF8.self)
            }
        }
    }

    /// Stores a publish as it is now.
    mutating func store(_ publish: TikTokPublish) {
        if self.tikTokPublishes.updateValue(publish, forKey: publish.id) == nil {
            self.tikTokPublishesByAccount[publish.account, default: []].append(publish.id)
        }
        self.record(.tikTokPublish(publish))
    }

    /// Takes the files at addresses; what is wrong with them becomes known as the publish's status.
    private mutating func pull(_ urls: [String], into publish: inout TikTokPublish, _ call: inout Call) {
        var media: [SimulatedMedia] = []
        for url in urls {
            guard let file = GraphFile(call.request.fetched[url]) else {
                publish.failure = publish.isPhoto ? "photo_pull_failed" : "video_pull_failed"
                continue
            }
            publish.size += file.size
            publish.failure = publish.failure ?? Self.tikTokProblem(file, isPhoto: publish.isPhoto)
            guard publish.failure == nil, let type = file.type, let account = self.accounts[publish.account] else {
                continue
            }
            media.append(self.keep(file, of: account, type: type, purpose: "tiktok", &call))
        }
        publish.endsAt = call.now + Self.tikTokProcessingSeconds(publish.size)
        self.finish(&publish, media, &call)
    }

    /// World seconds that TikTok takes for a file.
    static func tikTokProcessingSeconds(_ size: Int) -> Double { 8 + Double(size) / 2_000_000 }

    private static func tikTokProblem(_ file: GraphFile, isPhoto: Bool) -> String? {
        let types = isPhoto ? ["image/jpeg", "image/webp"] : ["video/mp4", "video/quicktime", "video/webm"]
        guard let type = file.type, types.contains(type), !file.isBroken else { return "file_format_check_failed" }
        guard isPhoto else { return Self.tikTokLengthProblem(file) }
        let sides = MediaType.sizeOfJPEG(file.head).map { [$0.width, $0.height].sorted() } ?? [0, 0]
        return file.size > 20_000_000 || sides[0] > 1080 || sides[1] > 1920 ? "picture_size_check_failed" : nil
    }

    /// What is wrong with the length of a film; one whose length its header does not say is taken.
    static func tikTokLengthProblem(_ file: GraphFile) -> String? {
        guard let seconds = MediaType.secondsOfFilm(file.head), seconds > Self.tikTokLongestFilm else { return nil }
        return "duration_check_failed"
    }

    /// Makes the post of a publish whose file is there, unless it fails or is a draft.
    mutating func finish(_ publish: inout TikTokPublish, _ media: [SimulatedMedia], _ call: inout Call) {
        defer { self.store(publish) }
        guard publish.failure == nil, !publish.isDraft, let endsAt = publish.endsAt else { return }
        var post = SimulatedPost(
            id: String(7_400_000_000_000_000_000 + Int64(publish.serial) * 1009), serial: publish.serial,
            account: publish.account, marker: call.effect?.marker ?? publish.marker, text: publish.text,
            format: publish.isPhoto ? (media.count > 1 ? "carousel" : "image") : "video", createdAt: call.now,
            visibleAt: endsAt)
        post.mediaIDs = media.map(\.id)
        post.hasImage = publish.isPhoto
        post.hasVideo = !publish.isPhoto
        post.isPrivate = publish.isPublic ? nil : true
        post.settings = publish.settings ?? [:]
        post.hiddenUntil = endsAt + (TikTokPublish.moderationSeconds + (call.hiddenSeconds ?? 0))
        publish.postID = post.id
        self.insert(post)
        call.tookEffect = true
        call.remoteID = post.id
    }
}
