// SPDX-License-Identifier: MIT

import Domain

/// One line of the demo's plan: a post for one or several accounts of a client, at the client's own wall time.
struct DemoPost: Sendable, Hashable {
    /// The client's slug.
    var client: String
    /// The accounts' slugs.
    var accounts: [String]
    /// When, on the clock of the client's city.
    var at: WallTime
    /// The words; a thread's parts are separated by lines of `---`.
    var text: String
    /// The file of a picture, and what it shows.
    var picture: (file: String, alt: String)?
    /// The campaign.
    var campaign: String?

    static func == (left: DemoPost, right: DemoPost) -> Bool {
        left.client == right.client && left.accounts == right.accounts && left.at == right.at && left.text == right.text
            && left.picture?.file == right.picture?.file && left.campaign == right.campaign
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(self.client)
        hasher.combine(self.at)
        hasher.combine(self.text)
    }
}

extension DemoPost {
    /// The posts as a file that `posthorn post import` takes.
    static func csv(_ posts: [DemoPost]) -> String {
        let writer = CSVWriter(guardsFormulas: false)
        let header = writer.line(["client", "accounts", "at", "text", "media", "alt", "campaign"])
        return header
            + posts.map { post in
                writer.line([
                    post.client, post.accounts.joined(separator: "|"), post.at.description, post.text,
                    post.picture?.file ?? "", post.picture?.alt ?? "", post.campaign ?? "",
                ])
            }.joined()
    }
}
