// SPDX-License-Identifier: MIT

/// What `POST /{ig-user}/media` was asked for, checked as far as that goes without the world.
struct ContainerDraft: Sendable {
    var kind: InstagramContainer.Kind
    var imageURL: String?
    var videoURL: String?
    var isUpload: Bool

    /// Whether it is a video, whichever way it comes.
    var isVideo: Bool { self.videoURL != nil || self.isUpload }

    /// Reads the parameters.
    ///
    /// - Throws: ``GraphRefusal`` for what does not go together.
    init(_ arguments: GraphArguments) throws(GraphRefusal) {
        self.imageURL = arguments.text("image_url")
        self.videoURL = arguments.text("video_url")
        self.isUpload = arguments.text("upload_type") != nil
        if let type = arguments.text("upload_type"), type != "resumable" {
            throw GraphRefusal.invalid("Param upload_type must be resumable")
        }
        self.kind = try Self.kind(arguments, isVideo: self.videoURL != nil || self.isUpload)
        try self.checkSources()
        try self.checkText(arguments)
        try self.checkExtras(arguments)
    }

    private static func kind(
        _ arguments: GraphArguments, isVideo: Bool
    ) throws(GraphRefusal) -> InstagramContainer.Kind {
        let isItem = arguments.flag("is_carousel_item") ?? false
        switch (arguments.text("media_type"), isItem) {
        case (nil, true), ("IMAGE", true):
            if isVideo { throw GraphRefusal.unknownMediaType }
            return .item
        case (nil, false), ("IMAGE", false):
            // A single video is a reel; the other ways were taken away.
            if isVideo { throw GraphRefusal.unknownMediaType }
            return .image
        case ("VIDEO", true): return .item
        case ("REELS", false): return .reel
        case ("STORIES", false): return .story
        case ("CAROUSEL", false): return .carousel
        default: throw GraphRefusal.unknownMediaType
        }
    }

    private func checkSources() throws(GraphRefusal) {
        let sources = [self.imageURL != nil, self.videoURL != nil, self.isUpload].count { $0 }
        switch self.kind {
        case .carousel:
            guard sources == 0 else { throw GraphRefusal.invalid("A carousel has children, and no media of its own") }
        case .reel:
            guard sources == 1, self.isVideo else { throw GraphRefusal.missing("video_url") }
        default:
            guard sources > 0 else { throw GraphRefusal.missing("image_url") }
            guard sources == 1 else { throw GraphRefusal.invalid("Give one of image_url, video_url and upload_type") }
        }
    }

    private func checkText(_ arguments: GraphArguments) throws(GraphRefusal) {
        if let caption = arguments.text("caption") {
            if self.kind == .item || self.kind == .story {
                throw GraphRefusal.invalid("Param caption is not supported here")
            }
            let words = caption.split {
                !$0.isLetter && !$0.isNumber && $0 != "#" && $0 != "@" && $0 != "_" && $0 != "."
            }
            guard caption.count <= 2200, words.count(where: { $0.hasPrefix("#") && $0.count > 1 }) <= 30,
                words.count(where: { $0.hasPrefix("@") && $0.count > 1 }) <= 20
            else { throw GraphRefusal.captionTooLong }
        }
        if let text = arguments.text("alt_text") {
            guard self.imageURL != nil, self.kind != .story else {
                throw GraphRefusal.invalid("Param alt_text is for images")
            }
            guard text.count <= 1000 else { throw GraphRefusal.invalid("Param alt_text has at most 1000 characters") }
        }
    }

    private func checkExtras(_ arguments: GraphArguments) throws(GraphRefusal) {
        for name in ["cover_url", "thumb_offset", "share_to_feed", "audio_name", "trial_params"]
        where arguments.value(name) != nil && self.kind != .reel {
            if name == "thumb_offset", self.isVideo { continue }
            throw GraphRefusal.invalid("Param \(name) is for reels")
        }
        if let text = arguments.text("thumb_offset") {
            guard let offset = Int(text), (0...900_000).contains(offset) else { throw GraphRefusal.wrongOffset }
        }
        let collaborators = arguments.texts("collaborators") ?? []
        guard collaborators.count <= 3 else { throw GraphRefusal.invalid("Param collaborators has at most 3 entries") }
        if !collaborators.isEmpty, self.kind == .story || self.kind == .item {
            throw GraphRefusal.invalid("Param collaborators is not supported here")
        }
        if arguments.value("children") != nil, self.kind != .carousel {
            throw GraphRefusal.invalid("Param children is for carousels")
        }
        for tag in arguments.list("user_tags") ?? [] {
            let position = ["x", "y"].map { tag[$0]?.number ?? -1 }
            guard tag["username"]?.string?.isEmpty == false,
                self.isVideo || position.allSatisfy({ (0...1).contains($0) })
            else { throw GraphRefusal.wrongTag }
        }
    }
}
