// SPDX-License-Identifier: MIT

extension MediaRule {
    /// Checks what is known of a file.
    ///
    /// - Parameters:
    ///   - item: The file; without ``MediaItem/facts`` nothing is found.
    ///   - field: Where it is in the post.
    ///   - format: What it is to be part of.
    /// - Returns: What is wrong, with the limit and what would be right.
    public func check(_ item: MediaItem, field: String, format: PostFormat) -> [ValidationIssue] {
        guard self.types.contains(item.type), let facts = item.facts else { return [] }
        let found = [
            self.duration(facts, format), self.frameRate(facts, format), self.aspect(facts, format),
            self.videoCodec(facts, format), self.audioCodec(facts, format),
        ]
        let sizes = [
            Self.side("wide", facts.width, self.width, format), Self.side("high", facts.height, self.height, format),
            Self.side("on its shorter side", Self.shorter(facts), self.shortSide, format),
        ]
        let severity: ValidationIssue.Severity = self.isScaled ? .warning : .error
        return found.compactMap { $0 }.map { ValidationIssue(.error, field: field, $0) }
            + sizes.compactMap { $0 }.map {
                ValidationIssue(
                    severity, field: field, $0 + (self.isScaled ? "; the platform scales it." : "; scale it."))
            }
    }

    private func duration(_ facts: MediaFacts, _ format: PostFormat) -> String? {
        guard let range = self.duration, let duration = facts.duration, !range.contains(duration) else { return nil }
        let limits = "\(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        let remedy = duration < range.lowerBound ? "use a longer one" : "cut it"
        return "The film lasts \(Self.text(duration)); in a \(format) it may last \(limits); \(remedy)."
    }

    private func frameRate(_ facts: MediaFacts, _ format: PostFormat) -> String? {
        // 23.976 is what people and platforms mean by 24.
        guard let range = self.frameRate, let rate = facts.frameRate,
            rate < range.lowerBound - 0.1 || rate > range.upperBound + 0.1
        else { return nil }
        return
            "The film has \(Self.text(rate)) pictures a second; in a \(format) it may have \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound)); convert it."
    }

    private func aspect(_ facts: MediaFacts, _ format: PostFormat) -> String? {
        // A pixel more or less is no other shape.
        guard let range = self.aspect, let aspect = facts.aspect, let width = facts.width, let height = facts.height,
            aspect < range.lowerBound * 0.99 || aspect > range.upperBound * 1.01
        else { return nil }
        let limits =
            range.lowerBound == range.upperBound
            ? Self.text(range.lowerBound) : "\(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        return
            "It is \(width)×\(height), width by height \(Self.text(aspect)); in a \(format) that must be \(limits); crop or pad it."
    }

    private func videoCodec(_ facts: MediaFacts, _ format: PostFormat) -> String? {
        guard !self.videoCodecs.isEmpty, let codec = facts.videoCodec, !self.videoCodecs.contains(codec) else {
            return nil
        }
        return
            "The film is coded as \(codec); in a \(format) it must be \(self.videoCodecs.joined(separator: " or ")); convert it."
    }

    private func audioCodec(_ facts: MediaFacts, _ format: PostFormat) -> String? {
        guard !self.audioCodecs.isEmpty, let codec = facts.audioCodec, !self.audioCodecs.contains(codec) else {
            return nil
        }
        return
            "Its sound is coded as \(codec); in a \(format) it must be \(self.audioCodecs.joined(separator: " or ")); convert it."
    }

    private static func side(
        _ name: String, _ pixels: Int?, _ range: ClosedRange<Int>?, _ format: PostFormat
    ) -> String? {
        guard let pixels, let range, !range.contains(pixels) else { return nil }
        let limits: String
        switch (range.lowerBound, range.upperBound) {
        case (let low, .max): limits = "at least \(low)"
        case (...1, let high): limits = "at most \(high)"
        case (let low, let high): limits = "\(low) to \(high)"
        }
        return "It is \(pixels) pixels \(name); in a \(format) it must be \(limits)"
    }

    private static func shorter(_ facts: MediaFacts) -> Int? {
        guard let width = facts.width, let height = facts.height else { return nil }
        return min(width, height)
    }

    /// A number with up to two places: `23.98`, `60`, `0.56`.
    static func text(_ number: Double) -> String {
        guard let hundredths = Int(exactly: (number * 100).rounded()) else { return "\(number)" }
        if hundredths % 100 == 0 { return "\(hundredths / 100)" }
        let places = String(abs(hundredths) % 100)
        let padded = places.count == 1 ? "0\(places)" : places
        return "\(hundredths / 100).\(padded.hasSuffix("0") ? String(padded.dropLast()) : padded)"
    }

    /// `0.5 s`, `90 s`, `10 min`.
    static func text(_ duration: Duration) -> String {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        return seconds >= 120 && seconds.truncatingRemainder(dividingBy: 60) == 0
            ? "\(Int(seconds) / 60) min" : "\(Self.text(seconds)) s"
    }
}

extension MediaRule: CustomStringConvertible {
    /// The rule in a line: `video/mp4: 3 s to 90 s, width ≥ 540, 24 to 60 pictures a second`.
    public var description: String {
        func pixels(_ name: String, _ range: ClosedRange<Int>?) -> String? {
            guard let range else { return nil }
            if range.upperBound == .max { return "\(name) ≥ \(range.lowerBound)" }
            return range.lowerBound <= 1
                ? "\(name) ≤ \(range.upperBound)" : "\(name) \(range.lowerBound) to \(range.upperBound)"
        }
        let parts = [
            self.duration.map { "\(Self.text($0.lowerBound)) to \(Self.text($0.upperBound))" },
            pixels("width", self.width), pixels("height", self.height), pixels("shorter side", self.shortSide),
            self.aspect.map {
                $0.lowerBound == $0.upperBound
                    ? "width by height \(Self.text($0.lowerBound))"
                    : "width by height \(Self.text($0.lowerBound)) to \(Self.text($0.upperBound))"
            },
            self.frameRate.map { "\(Self.text($0.lowerBound)) to \(Self.text($0.upperBound)) pictures a second" },
            self.videoCodecs.isEmpty ? nil : self.videoCodecs.joined(separator: " or "),
            self.audioCodecs.isEmpty ? nil : "sound \(self.audioCodecs.joined(separator: " or "))",
            self.isScaled ? "other sizes are scaled by the platform" : nil,
        ]
        return "\(self.types.joined(separator: ", ")): \(parts.compactMap { $0 }.joined(separator: ", "))"
    }
}
