// SPDX-License-Identifier: MIT

/// The part of JSON Schema that X's contract uses, with the messages its validator gives.
indirect enum XSchema: Sendable {
    case any
    case text(minimum: Int = 0, maximum: Int = .max)
    /// `^[0-9]{1,19}$`
    case id
    case flag
    case integer(ClosedRange<Int>)
    case choice([String])
    case list(XSchema, count: ClosedRange<Int>)
    case object([String: XSchema], required: [String] = [], isOpen: Bool = false)

    /// What is wrong with a value, as the messages for `errors[]`; empty when nothing is.
    func problems(of value: JSONValue, at path: String = "$") -> [String] {
        switch self {
        case .any: return []
        case .text(let minimum, let maximum):
            guard let text = value.string else { return [Self.mismatch(value, "string", path)] }
            if text.count < minimum { return ["\(path): must be at least \(minimum) characters long"] }
            if text.count > maximum { return ["\(path): must be at most \(maximum) characters long"] }
        case .id:
            guard let text = value.string else { return [Self.mismatch(value, "string", path)] }
            if !Self.isID(text) { return ["\(path): does not match the regex pattern ^[0-9]{1,19}$"] }
        case .flag:
            if value.bool == nil { return [Self.mismatch(value, "boolean", path)] }
        case .integer(let range):
            guard let number = value.integer else { return [Self.mismatch(value, "integer", path)] }
            if number < range.lowerBound { return ["\(path): must have a minimum value of \(range.lowerBound)"] }
            if number > range.upperBound { return ["\(path): must have a maximum value of \(range.upperBound)"] }
        case .choice(let choices):
            guard let text = value.string, choices.contains(text) else {
                return ["\(path): does not have a value in the enumeration [\(choices.joined(separator: ", "))]"]
            }
        case .list(let element, let count): return Self.problems(of: value, each: element, count, path)
        case .object(let members, let required, let isOpen):
            return Self.problems(of: value, members, required, isOpen, path)
        }
        return []
    }

    /// Whether the text is an id of X.
    static func isID(_ text: String) -> Bool {
        (1...19).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func problems(
        of value: JSONValue, each element: XSchema, _ count: ClosedRange<Int>, _ path: String
    ) -> [String] {
        guard let array = value.array else { return [self.mismatch(value, "array", path)] }
        if array.count < count.lowerBound {
            return ["\(path): there must be a minimum of \(count.lowerBound) items in the array"]
        }
        if array.count > count.upperBound {
            return ["\(path): there must be a maximum of \(count.upperBound) items in the array"]
        }
        return array.enumerated().flatMap { element.problems(of: $1, at: "\(path)[\($0)]") }
    }

    private static func problems(
        of value: JSONValue, _ members: [String: XSchema], _ required: [String], _ isOpen: Bool, _ path: String
    ) -> [String] {
        guard let object = value.object else { return [self.mismatch(value, "object", path)] }
        var problems = required.filter { !object.keys.contains($0) }
            .map { "\(path).\($0): is missing but it is required" }
        for member in object.members {
            if let schema = members[member.key] {
                problems += schema.problems(of: member.value, at: "\(path).\(member.key)")
            } else if !isOpen {
                problems.append(
                    "\(path).\(member.key): is not defined in the schema and the schema does not allow additional properties"
                )
            }
        }
        return problems
    }

    private static func mismatch(_ value: JSONValue, _ expected: String, _ path: String) -> String {
        let found =
            switch value {
            case .null: "null"
            case .bool: "boolean"
            case .integer: "integer"
            case .double: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        return "\(path): \(found) found, \(expected) expected"
    }
}

extension XSchema {
    /// `TweetCreateRequest` of the published contract (2.166; 2.167 has the same members).
    static let createPost = XSchema.object([
        "card_uri": .text(), "community_id": .id, "direct_message_deep_link": .text(),
        "edit_options": .object(["previous_post_id": .id], required: ["previous_post_id"]),
        "for_super_followers_only": .flag, "geo": .object(["place_id": .text()]), "made_with_ai": .flag,
        "media": .object(
            [
                "call_to_actions": .object([
                    "app_install": .object([
                        "app_store_id": .text(), "ipad_app_store_id": .text(), "play_store_id": .text(),
                    ]),
                    "visit_site": .object(["url": .text()], required: ["url"]),
                    "watch_now": .object(["url": .text()], required: ["url"]),
                ]),
                "description": .text(), "embeddable": .flag, "media_ids": .list(.id, count: 1...4),
                "preview_media_id": .id, "tagged_user_ids": .list(.id, count: 0...10), "title": .text(),
            ], required: ["media_ids"]),
        "nullcast": .flag, "paid_partnership": .flag,
        "poll": .object(
            [
                "duration_minutes": .integer(5...10_080),
                "options": .list(.text(minimum: 1, maximum: 25), count: 2...4),
                "reply_settings": replySettings,
            ], required: ["options", "duration_minutes"]),
        "quote_tweet_id": .id,
        "reply": .object(
            [
                "auto_populate_reply_metadata": .flag, "exclude_reply_user_ids": .list(.id, count: 0...Int.max),
                "in_reply_to_tweet_id": .id,
            ], required: ["in_reply_to_tweet_id"]),
        "reply_settings": replySettings, "share_with_followers": .flag, "text": .text(),
    ])

    private static let replySettings = XSchema.choice(["following", "mentionedUsers", "subscribers", "verified"])

    /// `MediaUploadConfigRequest`.
    static let initializeUpload = XSchema.object([
        "additional_owners": .list(.id, count: 0...Int.max),
        "media_category": .choice([
            "amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles",
        ]),
        "media_type": .choice([
            "video/mp4", "video/webm", "video/mp2t", "video/quicktime", "text/srt", "text/vtt", "image/jpeg",
            "image/gif",
            "image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff", "model/gltf-binary",
            "model/vnd.usdz+zip",
        ]),
        "shared": .flag, "total_bytes": .integer(0...17_179_869_184),
    ])

    /// `MediaUploadRequestOneShot`, in JSON.
    static let oneShotUpload = XSchema.object(
        [
            "additional_owners": .list(.id, count: 0...Int.max), "media": .text(), "media_category": .text(),
            "media_type": .text(), "shared": .flag,
        ], required: ["media", "media_category"])

    /// `MetadataCreateRequest`, of which the simulator keeps the alt text.
    static let createMetadata = XSchema.object(
        [
            "id": .id,
            "metadata": .object(
                ["alt_text": .object(["text": .text(maximum: 1000)], required: ["text"], isOpen: true)], isOpen: true),
        ], required: ["id"], isOpen: true)
}
