// SPDX-License-Identifier: MIT

/// Tokens, ad accounts, identities, and the videos that creators let others promote.
extension World {
    mutating func tikTokBusinessExchange(
        _ call: Call, _ arguments: TikTokBusinessArguments
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        guard let app = self.apps[self.tokenKey(.tiktok, arguments.text("app_id") ?? "")],
            app.clientSecret == arguments.text("secret")
        else { throw TikTokBusinessRefusal.invalid("The app does not exist, or its secret is wrong.") }
        let code = arguments.text("auth_code") ?? ""
        guard var token = self.tikTokBusinessTokens.values.first(where: { $0.authCode == code }) else {
            throw TikTokBusinessRefusal.invalid("auth_code: It is not valid or was used already.")
        }
        token.authCode = nil
        self.tikTokBusinessTokens[token.text] = token
        self.record(.tikTokBusinessToken(token))
        return Self.tikTokBusinessData(
            [
                "access_token": .string(token.text), "advertiser_ids": JSONValue(token.advertisers),
                "scope": JSONValue(token.scopes),
            ], call)
    }

    func tikTokAdvertisers(
        _ call: Call, _ arguments: TikTokBusinessArguments, _ token: TikTokBusinessToken
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        guard let app = self.apps[self.tokenKey(.tiktok, arguments.text("app_id") ?? "")],
            app.clientSecret == arguments.text("secret")
        else { throw TikTokBusinessRefusal.invalid("The app does not exist, or its secret is wrong.") }
        let accounts = token.advertisers.compactMap { self.adAccount(.tiktok, $0) }
        return Self.tikTokBusinessData(
            [
                "list": .array(
                    accounts.map { ["advertiser_id": .string($0.key.id), "advertiser_name": .string($0.name)] })
            ], call)
    }

    func tikTokAdvertiserInfo(
        _ call: Call, _ arguments: TikTokBusinessArguments, _ token: TikTokBusinessToken
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let ids = arguments.texts("advertiser_ids") ?? []
        guard (1...100).contains(ids.count) else {
            throw TikTokBusinessRefusal.invalid("advertiser_ids: From 1 to 100.")
        }
        let known = [
            "advertiser_id", "name", "currency", "timezone", "display_timezone", "status", "balance", "create_time",
            "company", "country", "role", "description", "language", "industry",
        ]
        let fields = arguments.texts("fields") ?? known
        if let unknown = fields.first(where: { !known.contains($0) }) {
            throw TikTokBusinessRefusal.invalid("fields: \(unknown) is not known.")
        }
        var list: [JSONValue] = []
        for id in ids {
            guard token.advertisers.contains(id), let account = self.adAccount(.tiktok, id) else {
                throw TikTokBusinessRefusal.noPermission
            }
            let all: JSONObject = [
                "advertiser_id": .string(id), "name": .string(account.name), "currency": .string(account.currency),
                "timezone": .string(account.timeZone), "display_timezone": .string(account.timeZone),
                "status": account.isFunded(at: call.now) ? "STATUS_ENABLE" : "STATUS_LIMIT", "balance": 0,
                "create_time": JSONValue(account.createdAt.epochSecondsRoundedUp),
            ]
            var shown: JSONObject = ["advertiser_id": .string(id)]
            for field in fields { shown[field] = all[field] ?? .null }
            list.append(.object(shown))
        }
        return Self.tikTokBusinessData(["list": .array(list)], call)
    }

    func tikTokIdentities(
        _ call: Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let type = request.arguments.text("identity_type")
        guard ["TT_USER", "BC_AUTH_TT", "AUTH_CODE", "CUSTOMIZED_USER", nil].contains(type) else {
            throw TikTokBusinessRefusal.invalid("identity_type: \(type ?? "") is not known.")
        }
        let own = type == nil || type == "TT_USER" ? request.account.members : []
        let page = try TikTokBusinessPage(own, request.arguments)
        let data = page.data("identity_list") { id in
            let account = self.accounts[AccountKey(platform: .tiktok, externalID: id)]
            return [
                "identity_id": .string(id), "identity_type": "TT_USER", "can_pull_video": true,
                "can_push_video": false, "can_use_live_ads": false,
                "display_name": JSONValue(account?.name), "profile_image": "https://p16-sign.tiktokcdn.com/face.jpeg",
            ]
        }
        return Self.tikTokBusinessData(data, call)
    }

    func tikTokIdentityVideo(
        _ call: Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let post = try self.promotable(
            arguments.text("item_id") ?? "", type: arguments.text("identity_type") ?? "",
            identity: arguments.text("identity_id") ?? "", request, call)
        return Self.tikTokBusinessData(["video_detail": self.item(post)], call)
    }

    private func item(_ post: SimulatedPost) -> JSONValue {
        [
            "item_id": .string(post.id), "text": .string(post.text), "status": "NORMAL",
            "item_type": post.hasVideo ? "VIDEO" : "CAROUSEL",
        ]
    }

    /// The post that a creator's code is for, and how many days the code is good.
    ///
    /// Real codes come out of the creator's app. Here the code of a public post is `vc-ITEM`, for 30 days, or
    /// `vc-ITEM-DAYS` for 7, 30, 60 or 365.
    private func codedPost(_ code: String, _ now: WorldTime) -> (post: SimulatedPost, days: Int)? {
        let parts = code.split(separator: "-").map(String.init)
        guard parts.count == 2 || parts.count == 3, parts[0] == "vc", let post = self.posts[parts[1]],
            post.account.platform == .tiktok, post.isLive(at: now), post.isPrivate != true
        else { return nil }
        let days = parts.count == 3 ? Int(parts[2]) ?? 0 : 30
        return [7, 30, 60, 365].contains(days) ? (post, days) : nil
    }

    mutating func tikTokAuthorizeVideo(
        _ call: Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let code = request.arguments.text("auth_code") ?? ""
        guard let (post, days) = self.codedPost(code, call.now) else {
            throw TikTokBusinessRefusal.invalid("auth_code: The code is not valid.")
        }
        let isThere = self.authorizations(request.account, call.now).contains { $0.name == code }
        if !isThere {
            let serial = self.nextSerial()
            var grant = SimulatedAdObject(
                id: self.tikTokAdID(serial), serial: serial, account: request.account.key, level: .creative, name: code,
                marker: Marker(text: code), settings: "{}",
                states: [.init(at: call.now, status: .active, endsAt: call.now + Double(days) * 86_400)],
                createdAt: call.now, updatedAt: call.now)
            grant.postID = post.id
            self.store(grant)
        }
        return Self.tikTokBusinessData([:], call)
    }

    /// The codes that an ad account was given and that are good still.
    private func authorizations(_ account: SimulatedAdAccount, _ now: WorldTime) -> [SimulatedAdObject] {
        self.adObjects(.creative, of: account.key).filter { $0.state.isWithinSchedule(now) }
    }

    func tikTokAuthorizedVideos(
        _ call: Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        func show(_ grant: SimulatedAdObject) -> JSONValue {
            let post = grant.postID.flatMap { self.posts[$0] }
            let owner = post.flatMap { self.accounts[$0.account] }
            return [
                "item_info": post.map { self.item($0) },
                "user_info": [
                    "identity_id": JSONValue(owner?.key.externalID), "identity_type": "AUTH_CODE",
                    "tiktok_name": JSONValue(owner?.name),
                ],
                "auth_info": [
                    "ad_auth_status": "AUTHORIZED", "auth_start_time": .string(grant.createdAt.tikTok),
                    "auth_end_time": grant.state.endsAt.map { .string($0.tikTok) },
                ],
            ]
        }
        let grants = self.authorizations(request.account, call.now)
        if let code = request.arguments.text("auth_code") {
            guard let grant = grants.first(where: { $0.name == code }) else {
                throw TikTokBusinessRefusal.notFound("The authorized video")
            }
            return Self.tikTokBusinessData(show(grant), call)
        }
        return Self.tikTokBusinessData(try TikTokBusinessPage(grants, request.arguments).data { show($0) }, call)
    }

    /// A post that an ad may show under an identity.
    func promotable(
        _ id: String, type: String, identity: String, _ request: TikTokBusinessRequest, _ call: Call
    ) throws(TikTokBusinessRefusal) -> SimulatedPost {
        guard let post = self.posts[id], post.account.platform == .tiktok, post.isLive(at: call.now),
            post.isPrivate != true, post.account.externalID == identity
        else { throw TikTokBusinessRefusal.notFound("The TikTok post") }
        let isAllowed =
            switch type {
            case "TT_USER": request.account.members.contains(identity)
            case "AUTH_CODE":
                self.authorizations(request.account, call.now).contains { $0.postID == id }
            default: false
            }
        guard isAllowed else { throw TikTokBusinessRefusal.invalid("identity_id: The identity may not be used.") }
        return post
    }

    /// When the right to promote a post under an identity ends; `nil` for never.
    func promotionEnds(_ id: String, type: String, _ account: SimulatedAdAccount, _ now: WorldTime) -> WorldTime? {
        guard type == "AUTH_CODE" else { return nil }
        var last: WorldTime?
        for grant in self.authorizations(account, now) where grant.postID == id {
            if let end = grant.state.endsAt { last = max(last ?? end, end) }
        }
        return last
    }

    /// An id of the API for Business: 19 digits.
    func tikTokAdID(_ serial: Int) -> String { String(1_800_000_000_000_000_000 + Int64(serial) * 1013) }
}
