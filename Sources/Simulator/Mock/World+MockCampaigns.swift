// SPDX-License-Identifier: MIT

extension World {
    mutating func mockCreateCampaign(
        _ call: inout Call, _ account: SimulatedAccount
    ) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        let fields = try MockFields(
            call.request.body,
            known: ["name", "post_id", "objective", "budget", "audience", "starts_at", "ends_at", "call_to_action"])
        let name = try fields.required("name", try fields.string("name"))
        guard (1...200).contains(name.count) else {
            throw MockRefusal.invalid("name", "The name must have 1 to 200 characters.")
        }
        let postID = try fields.required("post_id", try fields.string("post_id"))
        guard let post = self.posts[postID], post.account == account.key, post.isLive(at: call.now) else {
            throw MockRefusal.invalid("post_id", "The account has no live post \(postID).")
        }
        let objective = try fields.required("objective", try fields.string("objective"))
        try Self.checkObjective(objective, post)
        let budget = try Self.budget(try fields.required("budget", try fields.object("budget")))
        if let audience = try fields.object("audience") { try Self.checkAudience(audience) }
        let audienceText = try fields.object("audience").map {
            String(decoding: JSONValue.object($0).encoded, as: UTF8.self)
        }
        let action = try fields.string("call_to_action")
        guard action.map({ ["learn_more", "shop_now", "sign_up", "contact_us", "book_now"].contains($0) }) ?? true
        else {
            throw MockRefusal.invalid("call_to_action", "This call to action is not known.")
        }
        let startsAt = try fields.required("starts_at", try fields.time("starts_at"))
        let endsAt = try fields.required("ends_at", try fields.time("ends_at"))
        guard startsAt - call.now >= -300 else { throw MockRefusal.invalid("starts_at", "The start lies in the past.") }
        guard (3600...90 * 86_400).contains(endsAt - startsAt) else {
            throw MockRefusal.invalid("ends_at", "The run must take from 1 hour to 90 days.")
        }
        let serial = self.nextSerial()
        let campaign = SimulatedCampaign(
            id: self.mockID("k", serial), serial: serial, account: account.key,
            marker: call.effect?.marker ?? Marker(text: name), name: name, postID: postID,
            objective: objective, budget: budget, audience: audienceText, callToAction: action, createdAt: call.now,
            startsAt: startsAt, endsAt: endsAt)
        self.insert(campaign)
        call.tookEffect = true
        call.remoteID = campaign.id
        return .json(self.mockFull(campaign, call.now), status: 201)
    }

    /// Puts a campaign into every index.
    mutating func insert(_ campaign: SimulatedCampaign) {
        self.campaigns[campaign.id] = campaign
        self.campaignsByAccount[campaign.account, default: []].append(campaign.id)
        self.campaignsByPost[campaign.postID, default: []].append(campaign.id)
        self.record(.campaign(campaign))
    }

    private static func checkObjective(_ objective: String, _ post: SimulatedPost) throws(MockRefusal) {
        switch objective {
        case "engagement", "reach", "followers": return
        case "traffic":
            guard post.link != nil else { throw MockRefusal.invalid("objective", "Traffic needs a post with a link.") }
        case "video_views":
            guard post.hasVideo else { throw MockRefusal.invalid("objective", "Video views need a post with a video.") }
        default: throw MockRefusal.invalid("objective", "There is no objective \(objective).")
        }
    }

    private static func budget(_ object: JSONObject) throws(MockRefusal) -> SimulatedCampaign.Budget {
        let fields = try MockFields(object, path: "budget.", known: ["amount_minor", "currency", "kind"])
        let amount = try fields.required("amount_minor", try fields.integer("amount_minor"))
        let currency = try fields.required("currency", try fields.string("currency"))
        let kind = try fields.required("kind", try fields.string("kind"))
        guard Currency.isCode(currency) else {
            throw MockRefusal.invalid("budget.currency", "The currency must be an ISO 4217 code.")
        }
        let unit = Currency.minorUnits(of: currency)
        guard (unit...unit * 1_000_000).contains(amount) else {
            throw MockRefusal.invalid(
                "budget.amount_minor",
                "The budget must be from \(unit) to \(unit * 1_000_000) minor units of \(currency).")
        }
        guard kind == "daily" || kind == "lifetime" else {
            throw MockRefusal.invalid("budget.kind", "The kind must be daily or lifetime.")
        }
        return SimulatedCampaign.Budget(amountMinor: amount, currency: currency, isDaily: kind == "daily")
    }

    private static func checkAudience(_ object: JSONObject) throws(MockRefusal) {
        let fields = try MockFields(
            object, path: "audience.",
            known: ["age_min", "age_max", "genders", "countries", "interests", "custom_audience_ids"])
        let minimum = try fields.integer("age_min") ?? 13
        let maximum = try fields.integer("age_max") ?? 65
        guard (13...65).contains(minimum) else {
            throw MockRefusal.invalid("audience.age_min", "Ages are from 13 to 65.")
        }
        guard (minimum...65).contains(maximum) else {
            throw MockRefusal.invalid("audience.age_max", "Ages are from age_min to 65.")
        }
        guard try (fields.strings("genders") ?? []).allSatisfy({ ["female", "male", "other"].contains($0) }) else {
            throw MockRefusal.invalid("audience.genders", "Genders are female, male and other.")
        }
        let countries = try fields.strings("countries") ?? []
        guard countries.count <= 50,
            countries.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x41...0x5A).contains($0) } })
        else {
            throw MockRefusal.invalid("audience.countries", "At most 50 ISO 3166 codes of two letters are allowed.")
        }
        guard try (fields.strings("interests") ?? []).count <= 50 else {
            throw MockRefusal.invalid("audience.interests", "At most 50 interests are allowed.")
        }
        guard try (fields.strings("custom_audience_ids") ?? []).count <= 10 else {
            throw MockRefusal.invalid("audience.custom_audience_ids", "At most 10 custom audiences are allowed.")
        }
    }
}
