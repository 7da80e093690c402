// SPDX-License-Identifier: MIT

/// One post as the feed page shows it.
struct FeedCard: Sendable {
    struct Media: Sendable {
        var id: String
        var isVideo: Bool
        var alt: String
    }

    var platform: Platform
    var id: String
    var name: String
    var handle: String
    var text: String
    var format: String
    var createdAt: WorldTime
    var isReply: Bool
    var link: String?
    var media: [Media]
    var poll: [String]
    var counters: Engagement
    var comments: Int
    var isBoosted: Bool
    var paidImpressions: Int
    /// What they cost, `12.34 EUR`; `nil` when it is not said.
    var paidSpend: String?
    var remarks: [String]
    var isPrivate = false

    /// The address on the simulator.
    private var address: String {
        let handle = FormFields.encoded(self.handle)
        switch self.platform {
        case .x: return "/x.com/\(handle)/status/\(self.id)"
        case .mock: return "/\(Platform.mock.apiHost)/@\(handle)/\(self.id)"
        case .facebook: return "/www.facebook.com/\(self.id)"
        case .instagram: return "/www.instagram.com/p/\(self.id)/"
        case .tiktok: return "/www.tiktok.com/@\(handle)/video/\(self.id)"
        }
    }

    var html: String {
        let hue = stableHash("hue", self.handle) % 360
        let initial = HTML.escaped(String(self.name.prefix(1)).uppercased())
        var badges = "<span class=\"tag \(self.platform.rawValue)\">\(self.platform.name)</span>"
        if self.isReply { badges += "<span class=tag>thread</span>" }
        if self.isPrivate { badges += "<span class=tag>private</span>" }
        if !["text", "image"].contains(self.format) { badges += "<span class=tag>\(HTML.escaped(self.format))</span>" }
        if self.isBoosted {
            let spend = self.paidSpend.map { " · \(HTML.escaped($0))" } ?? ""
            badges += "<span class=\"tag boost\">Boosted · \(Self.short(self.paidImpressions)) paid\(spend)</span>"
        }
        return """
            <article><header><span class=face style="background:hsl(\(hue) 55% 45%)">\(initial)</span>
            <div><b>\(HTML.escaped(self.name))</b><a class=when href="/?platform=\(self.platform.rawValue)&amp;account=\(FormFields.encoded(self.handle))">@\(HTML.escaped(self.handle))</a></div>
            <span class=badges>\(badges)</span></header>
            <p>\(self.textHTML)</p>\(self.pictures)\(self.extras)
            <footer><span title="views">◉ \(Self.short(self.counters.views))</span><span title="likes">♥ \(Self.short(self.counters.likes))</span><span title="comments">❝ \(Self.short(self.comments))</span><span title="shares">↻ \(Self.short(self.counters.shares))</span><span title="saves">⚑ \(Self.short(self.counters.saves))</span>
            <a class=when href="\(self.address)">\(self.createdAt.readable)</a></footer></article>
            """
    }

    private var textHTML: String {
        let scalars = XText(self.text)
        guard !scalars.linkTexts.isEmpty else { return HTML.escaped(self.text) }
        var rest = Substring(scalars.text)
        var html = ""
        for link in scalars.linkTexts {
            guard let range = rest.range(of: link) else { continue }
            html += HTML.escaped(String(rest[..<range.lowerBound]))
            html += "<span class=link>\(HTML.escaped(link))</span>"
            rest = rest[range.upperBound...]
        }
        return html + HTML.escaped(String(rest))
    }

    private var pictures: String {
        guard !self.media.isEmpty else { return "" }
        let pictures = self.media.map { media in
            let alt = HTML.escaped(media.alt)
            return media.isVideo
                ? "<video controls preload=metadata src=\"/_media/\(media.id)\" title=\"\(alt)\"></video>"
                : "<img loading=lazy src=\"/_media/\(media.id)\" alt=\"\(alt)\" title=\"\(alt)\">"
        }
        return "<div class=\"media n\(min(4, pictures.count))\">\(pictures.joined())</div>"
    }

    private var extras: String {
        var html = ""
        if let link = self.link { html += "<p class=card>↗ <span class=link>\(HTML.escaped(link))</span></p>" }
        if !self.poll.isEmpty {
            html += "<ul class=poll>" + self.poll.map { "<li>\(HTML.escaped($0))</li>" }.joined() + "</ul>"
        }
        for remark in self.remarks { html += "<p class=remark>❝ \(HTML.escaped(remark))</p>" }
        return html
    }

    /// `1234` as `1.2k`.
    static func short(_ count: Int) -> String {
        switch count {
        case ..<1000: return String(count)
        case ..<10_000: return "\(count / 1000).\(count % 1000 / 100)k"
        case ..<1_000_000: return "\(count / 1000)k"
        default: return "\(count / 1_000_000).\(count % 1_000_000 / 100_000)M"
        }
    }
}

extension StringProtocol {
    /// Where another text begins and ends in this one.
    fileprivate func range(of other: String) -> Range<Index>? { self.firstRange(of: other) }
}

extension WorldTime {
    /// The instant for people, `21 Nov 2026, 09:24 UTC`.
    var readable: String {
        let iso = self.iso8601
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = iso.prefix(10).split(separator: "-")
        guard parts.count == 3, let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month) else {
            return iso
        }
        return "\(day) \(months[month - 1]) \(parts[0]), \(iso.dropFirst(11).prefix(5)) UTC"
    }
}
