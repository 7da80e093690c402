// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
import Foundation
package import PluginKit

/// A post as a person or a file gives it, before anything was looked up.
package struct PostDraft: Sendable {
    /// The accounts by slug, `client/account` or identity; at least one.
    package var accounts: [String]
    /// The words; a thread's parts are separated by lines that hold only `---`.
    package var text: String
    /// The files, in the store already.
    package var media: [MediaItem]
    /// The names that the files came with, by hash.
    package var fileNames: [String: String]
    /// Whether files may be made to fit; `nil` where nobody could ask for it.
    package var transcoding: Transcoding?
    /// The files of accounts that do not take the post's own, by the account's slug.
    package var fitted: [String: [MediaItem]] = [:]
    /// What files were made of: the hash of the original by theirs.
    package var sources: [String: String] = [:]
    /// What a person should know of the files.
    package var mediaNotes: [PostIssue]
    /// The link.
    package var link: String?
    /// A comment right under the post.
    package var firstComment: String?
    /// The shape; chosen from text and media when `nil`.
    package var format: PostFormat?
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
    /// The key under which the post is created once.
    package var key: String?
    /// When it is published.
    package var time: PostTime
    /// What is allowed when each account's time is to be chosen by its best times; `nil` when a person said the time.
    package var wish: SlotWish?
    /// Whether each account's time is the next free one of its queue slots.
    package var takesNextSlot = false
    /// Whether it stays a draft, whatever its time.
    package var isDraft: Bool
    /// Whether it is planned although its accounts have the same already and the platform may refuse it.
    package var allowsDuplicate = false
    /// Whether a schedule makes it: then it is meant to come again.
    package var isRecurring = false

    /// Whether the time is chosen when it is created.
    package var leavesTime: Bool { self.wish != nil || self.takesNextSlot }

    /// Makes a draft with nothing but words.
    package init(accounts: [String], text: String, time: PostTime = .unplanned) {
        self.accounts = accounts
        self.text = text
        self.media = []
        self.fileNames = [:]
        self.mediaNotes = []
        self.settings = [:]
        self.variants = [:]
        self.labels = []
        self.time = time
        self.isDraft = false
    }
}
