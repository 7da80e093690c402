// SPDX-License-Identifier: MIT

/// What an account posted before anybody connected it.
struct SimulatedHistory: Sendable {
    private static let most = 5000
    private static let longest = 3650.0

    /// How many posts.
    var posts: Int
    /// In how many days before now.
    var days: Double

    /// Reads `history` and `history_days`; `nil` without the first.
    init?(_ fields: inout FieldReader) throws(SimulatorError) {
        let posts = try fields.integer("history")
        let days = try fields.number("history_days")
        guard let posts else {
            guard days == nil else {
                throw SimulatorError(.invalidInput, "\(fields.path).history_days goes with history.")
            }
            return nil
        }
        self.posts = posts
        self.days = days ?? Double(posts)
        guard (0...Self.most).contains(posts), self.days > 0, self.days <= Self.longest else {
            throw SimulatorError(
                .invalidInput,
                "\(fields.path).history must be 0 to \(Self.most), and history_days above 0 and at most \(Int(Self.longest))."
            )
        }
    }
}

extension World {
    /// Gives an account a past, once: what it has posted here comes after that.
    mutating func addHistory(_ history: SimulatedHistory, to account: SimulatedAccount, before now: WorldTime) {
        guard self.timelines[account.key, default: []].isEmpty else { return }
        var dice = SplitMix64(seed: stableHash("history", String(account.audienceSeed)))
        let step = history.days * 86_400 / Double(max(1, history.posts))
        for number in 0..<history.posts {
            // Each post falls into its own stretch of the time, the first into the oldest.
            let age = Double(history.posts - number) * step - dice.unit() * step * 0.9
            self.insertPast(number, at: now + -age, of: account)
        }
    }

    private mutating func insertPast(_ number: Int, at moment: WorldTime, of account: SimulatedAccount) {
        let platform = account.key.platform
        let format = Self.pastFormat(number, on: platform)
        let media = (0..<Self.pastMedia(format)).map { _ in self.pastMedia(format, of: account, at: moment) }
        let serial = self.nextSerial()
        let text = "Earlier post \(number + 1) of \(account.handle)"
        var post = SimulatedPost(
            id: self.pastID(serial, of: account, at: moment), serial: serial, account: account.key,
            marker: Marker(text: text, context: String(serial)), text: text, format: format, createdAt: moment,
            visibleAt: moment)
        post.mediaIDs = media.map(\.id)
        post.altTexts = media.map { _ in nil }
        post.hasVideo = media.contains(where: \.isVideo)
        post.hasImage = media.contains { !$0.isVideo }
        if platform == .x, !media.isEmpty {
            let digits = String(stableHash("t.co", post.id, "media"), radix: 36) + "0000000000"
            post.shownText = "\(text) https://t.co/\(digits.prefix(10))"
        }
        self.insert(post)
    }

    /// What accounts of a platform post, in turn.
    private static func pastFormat(_ number: Int, on platform: Platform) -> String {
        let formats =
            switch platform {
            case .tiktok: ["video"]
            case .instagram: ["image", "carousel", "reel"]
            case .facebook: ["text", "image", "video", "reel", "carousel"]
            case .x, .mock: ["text", "image", "video", "carousel"]
            }
        return formats[number % formats.count]
    }

    private static func pastMedia(_ format: String) -> Int { format == "text" ? 0 : format == "carousel" ? 3 : 1 }

    private mutating func pastMedia(
        _ format: String, of account: SimulatedAccount, at moment: WorldTime
    ) -> SimulatedMedia {
        let serial = self.nextSerial()
        let platform = account.key.platform
        let id =
            switch platform {
            case .mock: self.mockID("m", serial)
            case .x, .tiktok: self.snowflake(serial, at: moment)
            case .facebook, .instagram: self.graphID(serial, platform)
            }
        let media = SimulatedMedia(
            id: id, serial: serial, account: account.key,
            contentType: format == "video" || format == "reel" ? "video/mp4" : "image/jpeg", createdAt: moment)
        self.media[id] = media
        self.record(.media(media))
        return media
    }

    private func pastID(_ serial: Int, of account: SimulatedAccount, at moment: WorldTime) -> String {
        switch account.key.platform {
        case .mock: self.mockID("p", serial)
        case .x: self.snowflake(serial, at: moment)
        case .facebook: "\(account.key.externalID)_\(self.graphID(serial))"
        case .instagram: self.graphID(serial, .instagram)
        case .tiktok: String(7_300_000_000_000_000_000 + Int64(serial) * 1009)
        }
    }
}
