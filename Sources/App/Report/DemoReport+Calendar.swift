// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

extension DemoReport {
    /// Where a planned post stands at the end of the run.
    package enum PostState: String, Hashable, Sendable, Codable, CaseIterable {
        /// On the platform, on time.
        case published
        /// On the platform, later than planned.
        case late
        /// Failed with a reason.
        case failed
        /// Waiting for a person's decision.
        case waiting
        /// Not yet due.
        case scheduled
        /// Taken back before it was sent.
        case cancelled
    }

    /// One planned post of one account.
    package struct CalendarEntry: Hashable, Sendable, Codable {
        /// The client's slug.
        package var client: String
        /// The account's slug, `acme/x`.
        package var account: String
        /// The platform.
        package var platform: PlatformID
        /// When it was due.
        package var due: Date
        /// What it says.
        package var text: String
        /// Where it stands.
        package var state: PostState
        /// Whether it was boosted.
        package var isBoosted: Bool
        /// Why it stands there, when that is not plain: the reason of a failure, how late it was.
        package var note: String?

        /// Makes an entry.
        package init(
            client: String, account: String, platform: PlatformID, due: Date, text: String, state: PostState,
            isBoosted: Bool = false, note: String? = nil
        ) {
            self.client = client
            self.account = account
            self.platform = platform
            self.due = due
            self.text = text
            self.state = state
            self.isBoosted = isBoosted
            self.note = note
        }
    }

    /// A post as it stands on a platform.
    package struct FeedCard: Hashable, Sendable, Codable {
        /// The client's slug.
        package var client: String
        /// The account's slug.
        package var account: String
        /// The name that the platform shows.
        package var name: String
        /// The platform.
        package var platform: PlatformID
        /// When it appeared.
        package var at: Date
        /// What it says.
        package var text: String
        /// Descriptions of its pictures.
        package var pictures: [String]
        /// Whether it is the answer to the post before it in a thread.
        package var isReply: Bool
        /// Whether it is boosted.
        package var isBoosted: Bool
        /// What the platform counts, by name, in the order to show: likes, comments, shares, views.
        package var counts: [Count]

        /// One number of a card.
        package struct Count: Hashable, Sendable, Codable {
            /// Its name.
            package var name: String
            /// Its value.
            package var value: Int64

            /// Makes a number.
            package init(_ name: String, _ value: Int64) {
                self.name = name
                self.value = value
            }
        }

        /// Makes a card.
        package init(
            client: String, account: String, name: String, platform: PlatformID, at: Date, text: String,
            pictures: [String] = [], isReply: Bool = false, isBoosted: Bool = false, counts: [Count]
        ) {
            self.client = client
            self.account = account
            self.name = name
            self.platform = platform
            self.at = at
            self.text = text
            self.pictures = pictures
            self.isReply = isReply
            self.isBoosted = isBoosted
            self.counts = counts
        }
    }

    /// Something that went wrong and how it ended.
    package struct Trouble: Hashable, Sendable, Codable {
        /// How it ended.
        package enum Ending: String, Hashable, Sendable, Codable {
            /// Posthorn put it right alone.
            case healed
            /// Posthorn stopped something that must not happen.
            case prevented
            /// A person did what only a person can, and everything went on.
            case settledByPerson = "settled_by_person"
            /// It waits for a person, who is told what to do.
            case needsPerson = "needs_person"
        }

        /// When it happened.
        package var at: Date
        /// The client's slug, when it concerns one.
        package var client: String?
        /// What it was, in a few words.
        package var title: String
        /// What happened.
        package var happened: String
        /// What Posthorn did.
        package var response: String
        /// What came of it.
        package var result: String
        /// How it ended.
        package var ending: Ending

        /// Makes a trouble.
        package init(
            at: Date, client: String? = nil, title: String, happened: String, response: String, result: String,
            ending: Ending
        ) {
            self.at = at
            self.client = client
            self.title = title
            self.happened = happened
            self.response = response
            self.result = result
            self.ending = ending
        }
    }
}
