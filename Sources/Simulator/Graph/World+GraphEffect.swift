// SPDX-License-Identifier: MIT

extension World {
    /// What a person would see if this request worked; also when its token or its parameters will be refused.
    func graphEffect(_ call: Call) -> Call.Effect? {
        let path = GraphPath(call.request)
        guard call.request.method == "POST", !path.isUpload, let id = path.node,
            let node = self.graphNode(id, call.bearer ?? .nobody(at: call.now), at: call.now),
            let endpoint = GraphEndpoint(method: "POST", node: node, edge: path.edge), let parameters = call.parameters
        else { return nil }
        switch endpoint {
        case .publishPost:
            guard Self.isVisible(parameters) else { return nil }
            let photos = Self.attachedIDs(parameters).compactMap { self.media[$0] }
            return self.postEffect(
                endpoint, parameters.text("message") ?? "", photos, context: parameters.text("link") ?? "")
        case .publishPhoto:
            guard Self.isVisible(parameters), parameters.text("temporary") != "true" else { return nil }
            let text = ["caption", "message", "name"].lazy.compactMap { parameters.text($0) }.first ?? ""
            return Self.postEffect(endpoint, text, Self.file(call, parameters, url: "url"))
        case .publishVideo: return self.videoEffect(endpoint, parameters, call)
        case .publishReel, .publishVideoStory:
            let isOver = parameters.text("upload_phase")?.lowercased() == "finish"
            guard isOver, parameters.text("video_state")?.uppercased() != "DRAFT" else { return nil }
            let media = parameters.text("video_id").flatMap { self.media[$0] }
            var effect = self.postEffect(endpoint, Self.text(parameters), media.map { [$0] } ?? [])
            effect.handle = parameters.text("video_id")
            if endpoint == .publishVideoStory { effect.listing = "stories" }
            return effect
        case .publishPhotoStory:
            let photo = parameters.text("photo_id").flatMap { self.media[$0] }
            var effect = self.postEffect(endpoint, "", photo.map { [$0] } ?? [])
            effect.handle = parameters.text("photo_id")
            effect.listing = "stories"
            return effect
        case .editPost:
            guard case .post(let post) = node, !post.isLive(at: call.now),
                ["true", "1"].contains(parameters.text("is_published") ?? "")
            else { return nil }
            return Call.Effect(
                kind: .post, endpoint: endpoint.rawValue, marker: post.marker, handle: post.id, listing: "feed")
        case .commentPost, .commentPhoto, .commentVideo, .reply, .commentMedia, .instagramReply:
            return self.commentEffect(endpoint, node, parameters)
        case .publishContainer: return self.containerEffect(endpoint, parameters)
        case .createCampaign, .createAdSet, .createAd, .editCampaign, .editAdSet, .editAd:
            return self.adEffect(endpoint, node, parameters)
        default: return nil
        }
    }

    private func postEffect(
        _ endpoint: GraphEndpoint, _ text: String, _ media: [SimulatedMedia], context: String = ""
    ) -> Call.Effect {
        Call.Effect(
            kind: .post, endpoint: endpoint.rawValue, marker: self.graphMarker(text, media, context: context),
            listing: "feed")
    }

    private static func postEffect(_ endpoint: GraphEndpoint, _ text: String, _ file: GraphFile?) -> Call.Effect {
        let hasToken = Marker.token(in: Array(text.utf8)) != nil
        let marker =
            hasToken
            ? Marker(text: text)
            : file?.token.map { Marker(text: "[\($0)]") } ?? Marker(text: text, context: "|\(file?.digest ?? "")")
        return Call.Effect(kind: .post, endpoint: endpoint.rawValue, marker: marker, listing: "feed")
    }

    private func videoEffect(
        _ endpoint: GraphEndpoint, _ parameters: GraphParameters, _ call: Call
    ) -> Call.Effect? {
        guard Self.isVisible(parameters) else { return nil }
        switch parameters.text("upload_phase") {
        case nil:
            return Self.postEffect(endpoint, Self.text(parameters), Self.file(call, parameters, url: "file_url"))
        case "finish":
            let id = parameters.text("upload_session_id").map { String($0.dropFirst()) }
            let media = id.flatMap { self.media[$0] }
            var effect = self.postEffect(endpoint, Self.text(parameters), media.map { [$0] } ?? [])
            effect.handle = id
            return effect
        default: return nil
        }
    }

    private func commentEffect(
        _ endpoint: GraphEndpoint, _ node: GraphNode, _ parameters: GraphParameters
    ) -> Call.Effect {
        let object: String? =
            switch node {
            case .post(let post), .instagramMedia(let post): post.id
            case .photo(let media), .video(let media): media.postID
            case .comment(let comment), .instagramComment(let comment): comment.parentID ?? comment.id
            default: nil
            }
        return Call.Effect(
            kind: .comment, endpoint: endpoint.rawValue,
            marker: Marker(text: parameters.text("message") ?? "", context: object ?? ""),
            listing: "comments:" + (object ?? ""))
    }

    private func containerEffect(_ endpoint: GraphEndpoint, _ parameters: GraphParameters) -> Call.Effect {
        let id = parameters.text("creation_id") ?? ""
        let container = self.containers[id]
        let marker = container.map { self.marker(of: $0) } ?? Marker(text: id)
        return Call.Effect(
            kind: .post, endpoint: endpoint.rawValue, marker: marker, handle: id,
            listing: container?.kind == .story ? "stories" : "media")
    }

    private static func text(_ parameters: GraphParameters) -> String {
        parameters.text("description") ?? parameters.text("title") ?? ""
    }

    private static func isVisible(_ parameters: GraphParameters) -> Bool {
        let published = parameters["published"].flatMap { GraphSchema.Kind.flag.typed($0)?.bool }
        return published ?? true || parameters["scheduled_publish_time"] != nil
    }

    private static func attachedIDs(_ parameters: GraphParameters) -> [String] {
        let list = GraphSchema.Kind.list(.any).typed(parameters["attached_media"] ?? .null)?.array ?? []
        return list.compactMap { $0["media_fbid"]?.string ?? $0["media_fbid"]?.integer.map(String.init) }
    }

    private static func file(_ call: Call, _ parameters: GraphParameters, url: String) -> GraphFile? {
        if let address = parameters.text(url) { return GraphFile(call.request.fetched[address]) }
        return parameters.files.sorted { $0.key < $1.key }.first.map { GraphFile($0.value) }
    }

    /// The addresses that a request to Graph wants fetched.
    func graphAddresses(_ request: SimulatedRequest, _ caller: Caller, at now: WorldTime) -> [(url: String, limit: Int)]
    {
        guard request.method == "POST", let bearer = caller.bearer, bearer.refusal == nil else { return [] }
        let path = GraphPath(request)
        if path.isUpload { return request.header("file_url").map { [($0, 1_000_000_000)] } ?? [] }
        guard let id = path.node, let parameters = caller.parameters,
            let node = self.graphNode(id, bearer, at: now),
            let endpoint = GraphEndpoint(method: "POST", node: node, edge: path.edge)
        else { return [] }
        let names: [(name: String, limit: Int)] =
            switch endpoint {
            case .publishPhoto: [("url", 10_000_000)]
            case .publishVideo: [("file_url", 1_000_000_000)]
            case .createContainer: [("image_url", 20_000_000), ("video_url", 1_000_000_000), ("cover_url", 20_000_000)]
            default: []
            }
        return names.compactMap { entry in parameters.text(entry.name).map { ($0, entry.limit) } }
    }
}

extension GraphBearer {
    /// Nobody: for looking at things without a token.
    static func nobody(at now: WorldTime) -> GraphBearer {
        GraphBearer(
            token: GraphToken(text: "", kind: .user, appID: "", scopes: [], issuedAt: now), refusal: .noToken)
    }
}
