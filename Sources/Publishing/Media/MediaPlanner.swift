// SPDX-License-Identifier: MIT

import PluginKit

/// Finds what has to be made of a file so that a format takes it.
///
/// Length and content are never changed: a film that is too long is cut by a person. Nothing is made larger.
struct MediaPlanner {
    var limits: FormatLimits
    /// Whether bars may be put around a picture of another shape.
    var mayPad: Bool

    /// More pixels than this are not decoded: a small file may claim any number.
    private static let mostPixels = 268_435_456
    private static let soundBitRate = 128_000
    /// A film with fewer bits a second is no film that anybody would want to be seen.
    private static let leastBitRate = 200_000
    private static let pictureTypes = ["image/jpeg", "image/png", "image/webp"]

    /// What has to be made of a file.
    ///
    /// - Returns: `nil` when it is taken as it is, when nothing is known of it, or when nothing that can be made would be taken.
    func conversion(of item: MediaItem) -> MediaConversion? {
        guard let facts = item.facts, let width = facts.width, let height = facts.height, width > 0, height > 0,
            width <= Self.mostPixels / height, !self.isTaken(item)
        else { return nil }
        let isFilm = item.type.hasPrefix("video/") || item.type == "image/gif"
        return isFilm ? self.film(item, facts, width, height) : self.picture(item, width, height)
    }

    /// What the new file will be like, as far as that is known before it is made.
    static func outlook(of item: MediaItem, after conversion: MediaConversion) -> MediaItem {
        var item = item
        item.type = conversion.type
        item.byteCount = min(item.byteCount, conversion.byteCount)
        item.facts?.width = conversion.canvas.width
        item.facts?.height = conversion.canvas.height
        guard let film = conversion.film else { return item }
        if let rate = film.frameRate { item.facts?.frameRate = rate }
        if let codec = film.codec { item.facts?.videoCodec = codec }
        if film.sound == .aac { item.facts?.audioCodec = "aac" }
        return item
    }

    private func isTaken(_ item: MediaItem) -> Bool {
        guard let largest = self.limits.mediaTypes[item.type], item.byteCount <= largest else { return false }
        return self.limits.mediaRules.allSatisfy { rule in
            rule.check(item, field: "", format: self.limits.format).allSatisfy { $0.severity != .error }
        }
    }

    // MARK: Pictures

    private func picture(_ item: MediaItem, _ width: Int, _ height: Int) -> MediaConversion? {
        var types = Self.pictureTypes.filter { self.limits.mediaTypes[$0] != nil }
        // What it is, it stays, unless a PNG is too large, which a JPEG of it is not.
        let isTooLarge = self.limits.mediaTypes[item.type].map { item.byteCount > $0 } ?? false
        if types.contains(item.type), !(item.type == "image/png" && isTooLarge) { types.insert(item.type, at: 0) }
        guard let type = types.first, let largest = self.limits.mediaTypes[type] else { return nil }
        let (picture, canvas) = self.frame(width, height, self.rules(of: type), step: 1)
        return MediaConversion(type: type, byteCount: largest, picture: picture, canvas: canvas)
    }

    // MARK: Films

    private func film(_ item: MediaItem, _ facts: MediaFacts, _ width: Int, _ height: Int) -> MediaConversion? {
        let own = ["video/mp4", "video/quicktime"].contains(item.type) ? item.type : "video/mp4"
        let type = self.limits.mediaTypes[own] == nil ? "video/mp4" : own
        guard let largest = self.limits.mediaTypes[type] else { return nil }
        let rules = self.rules(of: type)
        let (picture, canvas) = self.frame(width, height, rules, step: 2)
        guard let sound = self.sound(item, facts, type, rules) else { return nil }
        var film = MediaConversion.Film(frameRate: self.frameRate(facts, rules), sound: sound)
        let codecs = rules.map(\.videoCodecs).first { !$0.isEmpty } ?? ["h264", "hevc"]
        let isSized = (width, height) == (canvas.width, canvas.height)
        if !isSized || film.frameRate != nil || item.byteCount > largest
            || !codecs.contains(facts.videoCodec ?? "") || !["h264", "hevc"].contains(facts.videoCodec)
        {
            guard let codec = ["h264", "hevc"].first(where: codecs.contains) else { return nil }
            film.codec = codec
            if let seconds = facts.duration.map({ $0 / .seconds(1) }), seconds > 0 {
                // A tenth is for the sound's share of the container and for what a coder is off by.
                let bits = Double(largest) * 8 * 0.9 / seconds - Double(sound == .none ? 0 : Self.soundBitRate)
                guard bits >= Double(Self.leastBitRate) else { return nil }
                film.bitRate = Int(min(bits, 1e9))
            } else if item.byteCount > largest {
                return nil
            }
        }
        return MediaConversion(type: type, byteCount: largest, picture: picture, canvas: canvas, film: film)
    }

    private func sound(
        _ item: MediaItem, _ facts: MediaFacts, _ type: String, _ rules: [MediaRule]
    ) -> MediaConversion.Sound? {
        guard let codec = facts.audioCodec else { return MediaConversion.Sound.none }
        let taken = rules.map(\.audioCodecs).first { !$0.isEmpty } ?? []
        if taken.isEmpty || taken.contains(codec), codec == "aac" || type == item.type { return .kept }
        return taken.isEmpty || taken.contains("aac") ? .aac : nil
    }

    /// The nearest rate that is taken; 30 instead of a rate that nobody films with.
    private func frameRate(_ facts: MediaFacts, _ rules: [MediaRule]) -> Double? {
        guard let rate = facts.frameRate, let range = rules.compactMap(\.frameRate).first else { return nil }
        if rate > range.upperBound + 0.1 { return range.upperBound }
        guard rate < range.lowerBound - 0.1 else { return nil }
        return range.contains(30) ? 30 : range.lowerBound
    }

    // MARK: Sizes

    /// The rules that are the file's own affair: what the platform scales by itself is left to it.
    private func rules(of type: String) -> [MediaRule] { self.limits.mediaRules.filter { $0.types.contains(type) } }

    /// The size of the picture, and with bars: in the shape that is taken, then not larger than is taken.
    private func frame(
        _ width: Int, _ height: Int, _ rules: [MediaRule], step: Int
    ) -> (picture: MediaConversion.Size, canvas: MediaConversion.Size) {
        let (width, height) = (Double(width), Double(height))
        var (outerWidth, outerHeight) = (width, height)
        if self.mayPad {
            for range in rules.compactMap(\.aspect) {
                let aspect = outerWidth / outerHeight
                if aspect < range.lowerBound * 0.99 { outerWidth = outerHeight * range.lowerBound }
                if aspect > range.upperBound * 1.01 { outerHeight = outerWidth / range.upperBound }
            }
        }
        var scale = 1.0
        func keep(_ pixels: Double, below range: ClosedRange<Int>?) {
            guard let range, pixels * scale > Double(range.upperBound) else { return }
            scale = Double(range.upperBound) / pixels
        }
        for rule in rules where !rule.isScaled {
            keep(outerWidth, below: rule.width)
            keep(outerHeight, below: rule.height)
            keep(min(outerWidth, outerHeight), below: rule.shortSide)
        }
        func whole(_ pixels: Double) -> Int {
            // What is a whole number but for its last bits stays one.
            max(step, Int((pixels * scale + 1e-6).rounded(.down)) / step * step)
        }
        return (
            MediaConversion.Size(width: whole(width), height: whole(height)),
            MediaConversion.Size(width: whole(outerWidth), height: whole(outerHeight))
        )
    }
}
