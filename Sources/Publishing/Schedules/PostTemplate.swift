// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import PluginKit

/// What a schedule's posts say: a draft without a time and a key, stored as the payload of the jobs that make them.
package struct PostTemplate: Sendable, Hashable, Codable {
    /// The accounts by slug.
    package var accounts: [String]
    /// The words.
    package var text: String
    /// The files, in the store already.
    package var media: [MediaItem]
    /// The names that the files came with, by hash.
    package var fileNames: [String: String]
    /// The link.
    package var link: String?
    /// A comment right under the post.
    package var firstComment: String?
    /// The shape.
    package var format: String?
    /// Platforms' settings by `platform.name`.
    package var settings: [String: String]
    /// Accounts' own words by account.
    package var variants: [String: String]
    /// The labels.
    package var labels: [String]
    /// The campaign.
    package var campaign: String?
    /// The content pillar.
    package var pillar: String?
    /// Whether the posts stay drafts until a person gives them a time.
    package var isDraft: Bool

    /// Keeps what a draft says.
    package init(_ draft: PostDraft) {
        self.accounts = draft.accounts
        self.text = draft.text
        self.media = draft.media
        self.fileNames = draft.fileNames
        self.link = draft.link
        self.firstComment = draft.firstComment
        self.format = draft.format?.rawValue
        self.settings = draft.settings
        self.variants = draft.variants
        self.labels = draft.labels
        self.campaign = draft.campaign
        self.pillar = draft.pillar
        self.isDraft = draft.isDraft
    }

    /// One post of the schedule.
    package func draft(at time: PostTime, key: String?) -> PostDraft {
        var draft = PostDraft(accounts: self.accounts, text: self.text, time: time)
        draft.media = self.media
        draft.fileNames = self.fileNames
        draft.link = self.link
        draft.firstComment = self.firstComment
        draft.format = self.format.map { PostFormat(rawValue: $0) }
        draft.settings = self.settings
        draft.variants = self.variants
        draft.labels = self.labels
        draft.campaign = self.campaign
        draft.pillar = self.pillar
        draft.isDraft = self.isDraft
        draft.key = key
        draft.isRecurring = true
        return draft
    }
}
