// SPDX-License-Identifier: MIT

/// The feed as one self-contained page without scripts.
struct FeedPage: Sendable {
    /// Posts on a page.
    static let size = 40

    struct Totals: Sendable {
        var accounts: Int
        var posts: Int
        var boosts: Int
        var attempts: Int
        var duplicates: Int
        var faults: Int
    }

    var now: WorldTime
    var platform: Platform?
    var account: String?
    var cards: [FeedCard]
    /// Serial below which the next page begins.
    var next: Int?
    var isFirst: Bool
    var totals: Totals?
    var accounts: [String]

    var html: String {
        """
        <!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width, initial-scale=1">
        <title>Posthorn simulator</title><style>\(Self.style)</style></head><body>
        <div class=top><h1><a href="/">Posthorn <em>simulator</em></a></h1><span class=clock>\(self.now.readable)</span></div>
        \(self.figures)\(self.filters)
        <main>\(self.cards.isEmpty ? Self.nothing : self.cards.map(\.html).joined(separator: "\n"))</main>
        \(self.paging)</body></html>
        """
    }

    private static let nothing = "<p class=none>Nothing was published here yet.</p>"

    private var figures: String {
        guard let totals = self.totals else { return "" }
        func figure(_ count: Int, _ name: String, _ style: String = "") -> String {
            "<div class=\"figure \(style)\"><b>\(count)</b>\(name)</div>"
        }
        return "<section class=figures>"
            + figure(totals.posts, "live posts") + figure(totals.accounts, "accounts") + figure(totals.boosts, "boosts")
            + figure(totals.attempts, "attempts")
            + figure(totals.duplicates, "duplicates", totals.duplicates > 0 ? "bad" : "good")
            + figure(totals.faults, "fault rules") + "</section>"
    }

    private var filters: String {
        guard self.totals != nil else { return "" }
        func link(_ name: String, _ value: Platform?) -> String {
            let target = value.map { "/?platform=\($0.rawValue)" } ?? "/"
            return "<a class=\"\(value == self.platform ? "on" : "")\" href=\"\(target)\">\(name)</a>"
        }
        let hidden = self.platform.map { "<input type=hidden name=platform value=\"\($0.rawValue)\">" } ?? ""
        let links = Platform.allCases.reversed().map { link($0.name, $0) }.joined()
        let options = self.accounts.map { "<option value=\"\(HTML.escaped($0))\">" }.joined()
        return """
            <nav>\(link("All", nil))\(links)
            <form>\(hidden)<input name=account list=accounts placeholder="account" value="\(HTML.escaped(self.account ?? ""))">
            <datalist id=accounts>\(options)</datalist><button>Show</button></form></nav>
            """
    }

    private var paging: String {
        func address(before: Int?) -> String {
            var fields: [String] = []
            if let platform = self.platform { fields.append("platform=\(platform.rawValue)") }
            if let account = self.account { fields.append("account=\(FormFields.encoded(account))") }
            if let before { fields.append("before=\(before)") }
            return "/?" + fields.joined(separator: "&amp;")
        }
        var links = self.isFirst ? "" : "<a href=\"\(address(before: nil))\">Newest</a>"
        if let next = self.next { links += "<a href=\"\(address(before: next))\">Older</a>" }
        return links.isEmpty ? "" : "<nav class=pages>\(links)</nav>"
    }

    private static let style = """
        :root{--ink:#1b2233;--soft:#68708a;--line:#e1e5ee;--back:#f3f5f9;--card:#fff;--blue:#3156d3}
        @media(prefers-color-scheme:dark){:root{--ink:#e8ebf4;--soft:#98a1bb;--line:#2b3347;--back:#12161f;--card:#1a2030;--blue:#8ea7ff}}
        *{box-sizing:border-box}body{margin:0 auto;max-width:46rem;padding:1.5rem 1rem 4rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);
        background:var(--back)}a{color:inherit;text-decoration:none}.top{display:flex;align-items:baseline;justify-content:space-between;gap:1rem}
        h1{font-size:1.5rem;margin:0;letter-spacing:-.02em}h1 em{font-style:normal;color:var(--soft);font-weight:400}.clock,.when{color:var(--soft)}
        .figures{display:grid;grid-template-columns:repeat(6,1fr);gap:.5rem;margin:1rem 0}.figure{background:var(--card);border:1px solid var(--line);
        border-radius:.7rem;padding:.5rem .7rem;color:var(--soft);font-size:.8rem}.figure b{display:block;font-size:1.25rem;color:var(--ink)}
        .figure.good b{color:#1d8a54}.figure.bad{border-color:#d0342c}.figure.bad b{color:#d0342c}@media(max-width:36rem){.figures{grid-template-columns:repeat(3,1fr)}}
        nav{display:flex;gap:.4rem;align-items:center;flex-wrap:wrap;margin-bottom:1rem}nav a,button{padding:.35rem .9rem;border:1px solid var(--line);
        border-radius:2rem;background:var(--card);font:inherit;color:var(--ink);cursor:pointer}nav a.on{background:var(--blue);border-color:var(--blue);color:var(--card)}
        nav form{margin-left:auto;display:flex;gap:.4rem}input{width:11rem;padding:.35rem .9rem;border:1px solid var(--line);border-radius:2rem;background:var(--card);
        font:inherit;color:var(--ink)}article{background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:1rem 1.1rem;margin-bottom:.8rem}
        header{display:flex;gap:.7rem;align-items:center}header div{display:flex;flex-direction:column;line-height:1.25;min-width:0}.face{flex:none;width:2.4rem;height:2.4rem;
        border-radius:50%;display:grid;place-items:center;color:#fff;font-weight:600}.badges{margin-left:auto;display:flex;gap:.3rem;flex-wrap:wrap;justify-content:end}
        .tag{font-size:.72rem;padding:.1rem .55rem;border-radius:1rem;border:1px solid var(--line);color:var(--soft);white-space:nowrap}.tag.x{background:#0f1419;color:#fff;border-color:#0f1419}
        .tag.facebook{background:#1877f2;color:#fff;border-color:#1877f2}.tag.instagram{background:#c13584;color:#fff;border-color:#c13584}
        .tag.tiktok{background:#fe2c55;color:#fff;border-color:#fe2c55}.tag.mock{background:#6d4fd1;border-color:#6d4fd1;color:#fff}.tag.boost{background:#f6b21a;border-color:#f6b21a;color:#3a2a00;font-weight:600}
        article p{margin:.7rem 0;white-space:pre-wrap;overflow-wrap:anywhere}.link{color:var(--blue)}.media{display:grid;gap:.3rem;border-radius:.7rem;overflow:hidden;margin:.7rem 0}
        .media.n2,.media.n3,.media.n4{grid-template-columns:1fr 1fr}.media.n3 :first-child{grid-row:span 2;height:100%}.media img,.media video{display:block;width:100%;max-height:24rem;min-height:4rem;object-fit:cover;background:var(--line)}
        .card,.remark,.poll{border:1px solid var(--line);border-radius:.6rem;padding:.4rem .8rem}.remark{color:var(--soft);font-size:.9rem}.poll{list-style:none;margin:.7rem 0}
        footer{display:flex;gap:1.1rem;color:var(--soft);font-size:.88rem;flex-wrap:wrap}footer .when{margin-left:auto}.none{text-align:center;color:var(--soft);padding:4rem 0}
        .pages{justify-content:center;margin-top:1.5rem}
        """
}
