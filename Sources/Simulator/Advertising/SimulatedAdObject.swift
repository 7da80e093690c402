// SPDX-License-Identifier: MIT

/// One thing in an ad account: a campaign, what is under it, and what an ad is made of.
struct SimulatedAdObject: Sendable, Codable {
    /// Where it stands in the tree.
    enum Level: String, Sendable, Codable {
        case campaign
        /// Meta: an ad set. X: a line item. TikTok: an ad group.
        case group
        /// X: a promoted post.
        case ad
        /// Meta: what an ad shows.
        case creative
        /// X: a targeting criterion.
        case criterion
    }

    enum Status: String, Sendable, Codable {
        case active
        case paused
        case archived
        case deleted
    }

    /// How it stands from an instant on; amounts are in the network's units.
    struct State: Sendable, Codable, Equatable {
        var at: WorldTime
        var status: Status
        var daily: Int?
        var lifetime: Int?
        /// Limits without pacing.
        var dailyCap: Int?
        var lifetimeCap: Int?
        var startsAt: WorldTime?
        var endsAt: WorldTime?

        func isWithinSchedule(_ time: WorldTime) -> Bool {
            (self.startsAt ?? time) <= time && self.endsAt.map { time < $0 } ?? true
        }
    }

    var id: String
    var serial: Int
    var account: AdAccountKey
    var level: Level
    var parentID: String?
    var name: String
    var marker: Marker
    /// What was asked for, as JSON text.
    var settings: String
    /// How it stood, oldest first; never empty.
    var states: [State]
    /// What it promotes.
    var postID: String?
    /// When its review ends.
    var reviewedAt: WorldTime?
    /// TikTok: when the creator's leave to promote the post ends.
    var promotedUntil: WorldTime?
    /// Whether the review refuses it.
    var isRefused = false
    /// When its budget was changed lately.
    var budgetChanges: [WorldTime] = []
    var createdAt: WorldTime
    var updatedAt: WorldTime
    /// Missing from lists until then.
    var hiddenUntil: WorldTime?

    /// How it stands now.
    var state: State { self.states[self.states.count - 1] }

    /// How it stood at an instant; `nil` before it was made.
    func state(at time: WorldTime) -> State? { self.states.last { $0.at <= time } }

    /// Writes a change; what was keeps counting for the time before it.
    mutating func change(at now: WorldTime, _ body: (inout State) -> Void) {
        var next = self.state
        next.at = now
        body(&next)
        self.updatedAt = now
        if self.state.at == now {
            self.states[self.states.count - 1] = next
        } else {
            self.states.append(next)
        }
    }

    /// When a review that approves it ends.
    var approvedAt: WorldTime? { self.isRefused ? nil : self.reviewedAt }

    /// How often it was turned off after it ran.
    var pauses: Int {
        zip(self.states, self.states.dropFirst()).count { $0.status == .active && $1.status != .active }
    }

    /// The settings as they were sent.
    var parameters: JSONObject {
        // The text was written by this program.
        (try? JSONParser.parse(self.settings.utf8))?.object ?? JSONObject()
    }

    /// Puts newer settings over the older ones.
    mutating func merge(_ newer: JSONObject) {
        var object = self.parameters
        for member in newer.members { object[member.key] = member.value }
        self.settings = String(decoding: JSONValue.object(object).encoded, as: UTF8.self)
    }
}
