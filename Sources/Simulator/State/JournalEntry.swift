// SPDX-License-Identifier: MIT

/// One line of the state file: a thing as it is now; the last line about a thing counts.
enum JournalEntry: Sendable, Codable {
    case app(SimulatedApp)
    case account(SimulatedAccount)
    case media(SimulatedMedia)
    case post(SimulatedPost)
    case comment(SimulatedComment)
    case campaign(SimulatedCampaign)
    case attempt(Attempt)
    case clock(WorldClock)
    case person(GraphPerson)
    case graphToken(GraphToken)
    case container(InstagramContainer)
    case tikTokPublish(TikTokPublish)
    case oauth1Token(SimulatedOAuth1Token)
    case adAccount(SimulatedAdAccount)
    case adObject(SimulatedAdObject)
    case tikTokBusinessToken(TikTokBusinessToken)
    case host(name: String, origin: String)
    /// Everything before this line is forgotten.
    case reset
}
