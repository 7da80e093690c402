// SPDX-License-Identifier: MIT

/// What an ad set is optimised for, by the common word for it.
///
/// The documents show *engagement* in full, confirmed by a public log of live calls. Of the others the specification has the words and
/// the documents no example (?).
struct MarketingObjective: Sendable, Hashable {
    /// The common word.
    var word: String
    /// Meta's objective of the campaign; only the six that begin like this can be made.
    var objective: String
    /// What the ad set optimises for.
    var goal: String
    /// Where people are led; `nil` where nothing is to be said.
    var destination: String?

    static let all: [Self] = [
        Self(
            word: "engagement", objective: "OUTCOME_ENGAGEMENT", goal: "POST_ENGAGEMENT", destination: "ON_POST"),
        Self(word: "reach", objective: "OUTCOME_AWARENESS", goal: "REACH"),
        Self(word: Self.traffic, objective: "OUTCOME_TRAFFIC", goal: "LINK_CLICKS"),
        Self(word: "video_views", objective: "OUTCOME_ENGAGEMENT", goal: "THRUPLAY", destination: "ON_VIDEO"),
    ]
    /// The word for people who follow a link.
    static let traffic = "traffic"

    /// The objective of a word.
    static func named(_ word: String) -> Self? { Self.all.first { $0.word == word } }
}
