// SPDX-License-Identifier: MIT

extension World {
    /// Bytes that a photo may have; the guide says 4 MB, the reference 10, real errors 4.
    private static let photoLimit = 4_000_000
    private static let photoTypes = ["image/jpeg", "image/bmp", "image/png", "image/gif", "image/tiff"]

    /// `POST /{page}/photos`.
    mutating func publishPhoto(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let plan = try PublishPlan(arguments, latestDays: 30, at: call.now)
        // `message` and `name` are what `caption` was called before.
        let text = arguments.text("caption") ?? arguments.text("message") ?? arguments.text("name") ?? ""
        try Self.checkMessage(text)
        let file = try Self.photoFile(call, arguments)
        let type = try Self.checkPhoto(file)
        var photo = self.keep(file, of: page, type: type, purpose: "photo", &call)
        photo.altText = arguments.text("alt_text_custom")
        self.media[photo.id] = photo
        self.record(.media(photo))
        if !plan.isPublished, plan.scheduledAt == nil || arguments.flag("temporary") == true {
            return .json(self.photoWritten(photo, nil, request.fields, call.now))
        }
        let post = self.makePagePost(&call, page, text: text, format: "image", [photo], plan)
        return .json(self.photoWritten(self.media[photo.id] ?? photo, post, request.fields, call.now))
    }

    private func photoWritten(
        _ photo: SimulatedMedia, _ post: SimulatedPost?, _ fields: [GraphField], _ now: WorldTime
    ) -> JSONValue {
        var object =
            fields.isEmpty
            ? ["id": .string(photo.id)] : self.graphShow(photo: photo, fields, now).object ?? JSONObject()
        if let post { object["post_id"] = .string(post.id) }
        return .object(object)
    }

    private static func photoFile(_ call: Call, _ arguments: GraphArguments) throws(GraphRefusal) -> GraphFile {
        if let url = arguments.text("url") {
            guard arguments.files.isEmpty else { throw GraphRefusal.invalid("Give either url or a file") }
            if case .tooLarge? = call.request.fetched[url] { throw self.photoTooLarge }
            guard let file = GraphFile(call.request.fetched[url]) else { throw self.photoMissing }
            return file
        }
        guard let part = arguments.files.sorted(by: { $0.key < $1.key }).first?.value else {
            throw GraphRefusal(code: 324, message: "(#324) Requires upload file")
        }
        return GraphFile(part)
    }

    private static let photoMissing = GraphRefusal(
        code: 324, subcode: 2_069_019, message: "(#324) Missing or invalid image file",
        userMessage: "The image could not be read or fetched.")

    private static let photoTooLarge = GraphRefusal.invalid(
        "Invalid parameter", subcode: 1_366_046,
        user: "Photos should be smaller than 4 MB and saved as JPG, PNG, GIF, TIFF or BMP files.")

    private static func checkPhoto(_ file: GraphFile) throws(GraphRefusal) -> String {
        guard file.size <= self.photoLimit else { throw self.photoTooLarge }
        guard let type = file.type, self.photoTypes.contains(type), !file.isBroken else { throw self.photoMissing }
        return type
    }

    /// `POST /{page}/photo_stories`.
    mutating func publishPhotoStory(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let id = request.arguments.text("photo_id") else { throw GraphRefusal.missing("photo_id") }
        guard let photo = self.media[id], photo.account == page.key, !photo.isVideo, !self.isGone(photo, at: call.now)
        else { throw GraphRefusal.noObject(id, "post") }
        guard photo.postID == nil else { throw Self.photoUsed }
        let post = self.makePagePost(
            &call, page, text: "", format: "story", [photo], PublishPlan(isPublished: true, scheduledAt: nil))
        return .json(["success": true, "post_id": .string(post.id)])
    }

    /// `GET /{page}/photos`.
    func pagePhotos(
        _ call: Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let photos = self.timelines[page.key, default: []].reversed().compactMap { self.posts[$0] }
            .filter { $0.isListed(at: call.now) && $0.format == "image" }
            .flatMap { $0.mediaIDs.compactMap { self.media[$0] } }
        let list = try GraphPage(photos, request.arguments, defaultLimit: 25) { $0.id }
        return .json([
            "data": .array(list.entries.map { self.graphShow(photo: $0, request.fields, call.now) }),
            "paging": list.paging(call),
        ])
    }

    /// A photo with the fields that were asked for.
    func graphShow(photo: SimulatedMedia, _ fields: [GraphField], _ now: WorldTime) -> JSONValue {
        var object: JSONObject = ["id": .string(photo.id)]
        let post = photo.postID.flatMap { self.posts[$0] }
        for name in fields.isEmpty ? ["created_time", "name"] : fields.map(\.name) {
            switch name {
            case "created_time": object[name] = .string(photo.createdAt.graph)
            case "name": object[name] = post.flatMap { $0.text.isEmpty ? nil : .string($0.text) }
            case "alt_text", "alt_text_custom": object[name] = JSONValue(photo.altText)
            case "page_story_id": object[name] = JSONValue(photo.postID)
            case "link": object[name] = .string("https://www.facebook.com/photo.php?fbid=\(photo.id)")
            case "images", "picture", "source":
                let source = JSONValue.string("https://scontent.fbcdn.net/\(photo.id).jpg")
                object[name] = name == "images" ? [["source": source]] : source
            case "from":
                object[name] = [
                    "id": .string(photo.account.externalID),
                    "name": JSONValue(self.accounts[photo.account]?.name),
                ]
            default: break
            }
        }
        return .object(object)
    }
}
