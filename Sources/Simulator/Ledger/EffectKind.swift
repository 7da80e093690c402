// SPDX-License-Identifier: MIT

/// What a person could see, or pay for, if the attempt works.
enum EffectKind: String, Sendable, Codable, CaseIterable {
    case post
    case comment
    /// A paid promotion that was set up; it spends nothing yet.
    case campaign
    /// The start of a paid promotion: money can be spent from here on.
    case activation
    /// A part of a promotion with its own schedule or budget: an ad set, a line item, an ad group.
    case adGroup = "ad_group"
    /// What a promotion shows.
    case ad
}
