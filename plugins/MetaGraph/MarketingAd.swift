// SPDX-License-Identifier: MIT

import PluginKit

/// An ad as Meta shows it.
struct MarketingAd: Decodable, Sendable {
    /// A reason why an ad does not deliver, or not well.
    struct Issue: Decodable, Sendable {
        var error_summary: String?
        var error_message: String?
        var error_type: String?
    }

    static let fields = "id,name,effective_status,configured_status,issues_info,ad_review_feedback"

    var name: String?
    var effective_status: String?
    var configured_status: String?
    var issues_info: [Issue]?
    var ad_review_feedback: GraphValue?

    /// The state, while its campaign is active.
    ///
    /// A status that is not known counts as running: what may spend is looked at on. Issues that Meta calls soft do not end the delivery; the
    /// word is in no document of ours (?).
    func state(isOver: Bool) -> RemoteBoost.State {
        switch (self.effective_status, self.configured_status) {
        case ("DISAPPROVED", _): return .rejected
        case (_, "ARCHIVED"), (_, "DELETED"), ("CAMPAIGN_PAUSED", _): return .stopped
        case ("WITH_ISSUES", _) where self.isHeld: return .rejected
        case _ where isOver: return .completed
        case (_, "PAUSED"), ("PAUSED", _), ("ADSET_PAUSED", _), ("PENDING_BILLING_INFO", _): return .paused
        case ("PENDING_REVIEW", _), ("IN_PROCESS", _), ("IN-PROCESS", _), ("PREAPPROVED", _): return .inReview
        default: return .running
        }
    }

    private var isHeld: Bool {
        let issues = self.issues_info ?? []
        return issues.isEmpty || issues.contains { $0.error_type != "SOFT_ERROR" }
    }

    /// What Meta says about a refusal or a problem.
    var remark: String? {
        let issues = (self.issues_info ?? []).compactMap { $0.error_message ?? $0.error_summary }
        let words = (self.ad_review_feedback?.words ?? []) + issues
        if !words.isEmpty { return words.joined(separator: " ") }
        switch self.effective_status {
        case "PENDING_BILLING_INFO": return "The ad account has no way of payment that Meta takes."
        case "ADSET_PAUSED": return "The ad set is paused."
        default: return nil
        }
    }
}

/// The numbers of a campaign, of one day or of all.
struct MarketingInsight: Decodable, Sendable {
    /// How often people did something.
    struct Action: Decodable, Sendable {
        var action_type: String
        var value: GraphID?
    }

    static let fields = "impressions,reach,spend,clicks,inline_post_engagement,actions"

    var date_start: String?
    var spend: String?
    var impressions: GraphID?
    var reach: GraphID?
    var clicks: GraphID?
    var inline_post_engagement: GraphID?
    var actions: [Action]?

    /// The paid results; what Meta did not give is absent.
    var results: [MetricName: Int64] {
        let given: [(MetricName, GraphID?)] = [
            (.views, self.impressions), (.reach, self.reach), (.clicks, self.clicks),
            (.engagements, self.inline_post_engagement ?? self.action("post_engagement")),
            (.videoViews, self.action("video_view")),
        ]
        return given.reduce(into: [:]) { results, entry in
            if let count = entry.1.flatMap({ Int64($0.text) }) { results[entry.0] = count }
        }
    }

    private func action(_ type: String) -> GraphID? { self.actions?.first { $0.action_type == type }?.value }
}

extension GraphValue {
    /// Every text in it, those of an object in the order of their names.
    var words: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let values): values.flatMap(\.words)
        case .object(let parts): parts.sorted { $0.key < $1.key }.flatMap(\.value.words)
        default: []
        }
    }
}
