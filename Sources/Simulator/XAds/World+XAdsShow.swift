// SPDX-License-Identifier: MIT

import Foundation

/// What X Ads shows.
extension World {
    func xAdsShow(_ account: SimulatedAdAccount) -> JSONValue {
        [
            "id": .string(account.key.id), "name": .string(account.name), "business_name": .string(account.name),
            "timezone": .string(account.timeZone),
            "timezone_switch_at": .string(LocalDay.start(of: 0, in: account.timeZone).xAds),
            "currency": .string(account.currency), "approval_status": "ACCEPTED", "industry_type": "OTHER",
            "created_at": .string(account.createdAt.xAds), "updated_at": .string(account.createdAt.xAds),
            "deleted": false,
        ]
    }

    /// An object with the members of its kind.
    func xAdsShow(_ object: SimulatedAdObject, _ now: WorldTime) -> JSONValue {
        let settings = object.parameters
        let state = object.state
        let isDraft = settings["entity_status"] == "DRAFT" && state.status == .paused
        let status: JSONValue = isDraft ? "DRAFT" : state.status == .active ? "ACTIVE" : "PAUSED"
        var shown: JSONObject = [
            "id": .string(object.id), "account_id": .string(object.account.id),
            "created_at": .string(object.createdAt.xAds), "updated_at": .string(object.updatedAt.xAds),
            "deleted": .bool(state.status == .deleted),
        ]
        switch object.level {
        case .campaign, .group:
            shown["name"] = object.name.isEmpty ? .null : .string(object.name)
            shown["entity_status"] = status
            shown["currency"] = JSONValue(self.adAccounts[object.account]?.currency)
            shown["daily_budget_amount_local_micro"] = state.daily.map { JSONValue($0) } ?? .null
            shown["total_budget_amount_local_micro"] = state.lifetime.map { JSONValue($0) } ?? .null
            shown["standard_delivery"] = settings["standard_delivery"] ?? true
            if object.level == .campaign { self.showCampaign(object, settings, &shown, now) }
            if object.level == .group { self.showLineItem(object, settings, &shown) }
        case .ad:
            shown["line_item_id"] = object.parentID.map { .string($0) }
            shown["tweet_id"] = object.postID.map { .string($0) }
            shown["entity_status"] = status
            let isReviewed = object.reviewedAt.map { $0 <= now } ?? false
            shown["approval_status"] = !isReviewed ? "UNDER_REVIEW" : object.isRefused ? "REJECTED" : "ACCEPTED"
        case .criterion:
            for name in ["line_item_id", "operator_type", "targeting_type", "targeting_value"] {
                shown[name] = settings[name]
            }
            shown["name"] = settings["targeting_value"]
        case .creative: break
        }
        return .object(shown)
    }

    private func showCampaign(
        _ object: SimulatedAdObject, _ settings: JSONObject, _ shown: inout JSONObject, _ now: WorldTime
    ) {
        shown["funding_instrument_id"] = settings["funding_instrument_id"]
        shown["budget_optimization"] = settings["budget_optimization"] ?? "LINE_ITEM"
        shown["purchase_order_number"] = settings["purchase_order_number"] ?? .null
        let isFunded = self.adAccounts[object.account]?.isFunded(at: now) ?? true
        var reasons: [String] = []
        if object.state.status == .paused { reasons.append("PAUSED_BY_ADVERTISER") }
        if !isFunded { reasons.append("FUNDING_PROBLEM") }
        shown["servable"] = .bool(reasons.isEmpty)
        shown["reasons_not_servable"] = JSONValue(reasons)
        shown["effective_status"] = reasons.isEmpty ? "RUNNING" : .string(isFunded ? "PAUSED" : "SUSPENDED")
    }

    private func showLineItem(_ object: SimulatedAdObject, _ settings: JSONObject, _ shown: inout JSONObject) {
        shown["campaign_id"] = object.parentID.map { .string($0) }
        for name in [
            "objective", "product_type", "placements", "bid_strategy", "bid_amount_local_micro", "goal", "pay_by",
            "audience_expansion", "advertiser_domain", "advertiser_user_id",
        ] {
            shown[name] = settings[name] ?? .null
        }
        shown["start_time"] = object.state.startsAt.map { .string($0.xAds) }
        shown["end_time"] = object.state.endsAt.map { .string($0.xAds) }
    }

    /// `accounts`: those that the user may manage.
    func xAdsAccounts(_ arguments: XAdsArguments, _ user: SimulatedAccount) throws(XAdsRefusal) -> SimulatedResponse {
        let ids = arguments.ids("account_ids")
        let wanted = arguments.text("q")?.lowercased()
        let accounts = self.adAccountOrder.compactMap { self.adAccounts[$0] }.filter {
            $0.key.network == .x && $0.members.contains(user.key.externalID) && ids?.contains($0.key.id) ?? true
                && wanted.map($0.name.lowercased().contains) ?? true
        }
        let page = try XAdsPage(accounts, arguments) { $0.key.id }
        return page.response(arguments) { self.xAdsShow($0) }
    }

    static func xAdsFunding(_ request: XAdsRequest, isFunded: Bool) throws(XAdsRefusal) -> SimulatedResponse {
        let account = request.account
        let id = Self.xAdsFundingID(account)
        let ids = request.arguments.ids("funding_instrument_ids")
        let page = try XAdsPage(ids?.contains(id) ?? true ? [id] : [], request.arguments) { $0 }
        return page.response(request.arguments) { id in
            [
                "id": .string(id), "type": "CREDIT_CARD", "description": "Credit card",
                "able_to_fund": .bool(isFunded), "entity_status": isFunded ? "ACTIVE" : "EXHAUSTED",
                "account_id": .string(account.key.id), "currency": .string(account.currency),
                "created_at": .string(account.createdAt.xAds), "updated_at": .string(account.createdAt.xAds),
                "deleted": false,
            ]
        }
    }

    /// The one funding instrument of an ad account.
    static func xAdsFundingID(_ account: SimulatedAdAccount) -> String {
        "f" + String(stableHash("funding", account.key.id) % 60_466_176, radix: 36)
    }

    /// Whose posts the ad account may promote.
    func xAdsUsers(_ request: XAdsRequest) throws(XAdsRefusal) -> SimulatedResponse {
        let account = request.account
        let users = account.members.map { (id: "p" + String(stableHash("user", $0) % 60_466_176, radix: 36), user: $0) }
            .filter { user in request.arguments.ids("promotable_user_ids")?.contains(user.id) ?? true }
        let page = try XAdsPage(users, request.arguments) { $0.id }
        return page.response(request.arguments) { entry in
            [
                "id": .string(entry.id), "user_id": .string(entry.user), "account_id": .string(account.key.id),
                "promotable_user_type": "FULL", "created_at": .string(account.createdAt.xAds),
                "updated_at": .string(account.createdAt.xAds), "deleted": false,
            ]
        }
    }

    /// `targeting_criteria/locations`: countries, and a few cities.
    static func xAdsLocations(_ arguments: XAdsArguments) throws(XAdsRefusal) -> SimulatedResponse {
        let wanted = arguments.text("q")?.lowercased()
        let found = XAdsLocation.all.filter { place in
            (wanted.map { place.name.lowercased().contains($0) } ?? true)
                && arguments.text("country_code").map { $0 == place.country } ?? true
                && arguments.text("location_type").map { $0 == place.type } ?? true
        }
        let page = try XAdsPage(found, arguments) { $0.id }
        return page.response(arguments) { place in
            [
                "name": .string(place.name), "country_code": .string(place.country),
                "location_type": .string(place.type), "targeting_value": .string(place.id),
                "targeting_type": "LOCATION",
            ]
        }
    }
}

/// A place that ads can be aimed at.
struct XAdsLocation: Sendable {
    var name: String
    var country: String
    var type: String

    /// Sixteen hexadecimal digits.
    var id: String {
        let digits = String(stableHash("place", self.type, self.country, self.name), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static let english = Locale(identifier: "en_US")

    static let all: [XAdsLocation] =
        (GraphSchema.adEnumerations["countryCode"] ?? []).map { code in
            XAdsLocation(
                name: Self.english.localizedString(forRegionCode: code) ?? code, country: code, type: "COUNTRIES")
        }
        + [
            ("Berlin", "DE"), ("Hamburg", "DE"), ("Munich", "DE"), ("Vienna", "AT"), ("Zurich", "CH"), ("Paris", "FR"),
            ("London", "GB"), ("Madrid", "ES"), ("Tokyo", "JP"), ("New York", "US"),
        ].map { XAdsLocation(name: $0.0, country: $0.1, type: "CITIES") }
}

/// One page of a list, with the cursor of the next.
struct XAdsPage<Element> {
    var entries: [Element]
    /// Whether a cursor was given.
    var isLater: Bool
    /// The last entry's id when more follow.
    var next: String?
    private var total: Int

    /// Cuts the page that was asked for out of a list.
    ///
    /// - Throws: ``XAdsRefusal`` for a count out of 1 to 1000, or a cursor that names nothing.
    init(_ all: [Element], _ arguments: XAdsArguments, id: (Element) -> String) throws(XAdsRefusal) {
        let count = arguments.text("count").map { Int($0) ?? 0 } ?? 200
        guard (1...1000).contains(count) else { throw XAdsRefusal.invalid("count", "count must be from 1 to 1000") }
        var start = 0
        if let cursor = arguments.text("cursor") {
            guard let index = all.firstIndex(where: { id($0) == cursor }) else {
                throw XAdsRefusal.invalid("cursor", "The cursor is not valid")
            }
            start = index + 1
        }
        self.isLater = start > 0
        self.total = all.count
        self.entries = Array(all[start...].prefix(count))
        self.next = start + self.entries.count < all.count ? self.entries.last.map(id) : nil
    }

    func response(_ arguments: XAdsArguments, _ show: (Element) -> JSONValue) -> SimulatedResponse {
        var body: JSONObject = [
            "request": ["params": .object(arguments.object)], "data": .array(self.entries.map(show)),
        ]
        body["next_cursor"] = self.next.map { .string($0) } ?? .null
        if arguments.flag("with_total_count") { body["total_count"] = JSONValue(self.total) }
        return .json(.object(body))
    }
}

extension WorldTime {
    /// The instant as X Ads writes it, `2026-11-21T09:24:00Z`.
    var xAds: String { self.iso8601.prefix(19) + "Z" }
}
