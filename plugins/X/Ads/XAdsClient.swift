// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// The endpoints of the Ads API, by the names that limits are counted under.
enum XAdsEndpoint {
    static let write = "POST /12/accounts/:id"
    /// Switching a campaign on, which lets money be spent, or off.
    static let campaign = "PUT /12/accounts/:id/campaigns/:id"
    static let read = "GET /12/accounts/:id"
    static let stats = "GET /12/stats/accounts/:id"

    /// In which window calls are counted: statistics by the quarter of an hour, everything else by the minute; that reads are is uncertain.
    ///
    /// - Returns: `nil` for an endpoint that is none of the Ads API.
    static func window(of endpoint: String) -> Duration? {
        switch endpoint {
        case Self.stats: .seconds(900)
        case Self.write, Self.campaign, Self.read: .seconds(60)
        default: nil
        }
    }
}

/// Calls of the Ads API for one ad account, signed by OAuth 1.0a: parameters in the query or in a form, never JSON.
struct XAdsClient: Sendable {
    static let host = "ads-api.x.com"
    static let version = "12"

    private let client: XClient
    private let credential: OAuth1Credential
    private let hidden: [Secret]
    private let adAccount: AdAccountReference
    private var account: String { self.adAccount.externalID }

    /// Makes a client.
    ///
    /// - Throws: `permanent` for a grant without the tokens of OAuth 1.0a, and for terms without an ad account.
    init(_ client: XClient, _ access: AccountAccess, _ terms: BoostTerms) throws(PluginError) {
        try self.init(client, access, terms.adAccount)
    }

    /// Makes a client of an ad account.
    ///
    /// - Throws: `permanent` for a grant without the tokens of OAuth 1.0a, and without an ad account.
    init(_ client: XClient, _ access: AccountAccess, _ adAccount: AdAccountReference?) throws(PluginError) {
        guard let credential = access.tokens.oauth1 else {
            throw PluginError(
                .permanent, "X takes requests about ads only when they are signed by OAuth 1.0a.",
                nextAction: "Add its tokens to the account: posthorn account authorize.")
        }
        guard let account = adAccount else {
            throw PluginError(.permanent, "A boost needs an ad account that pays it.", field: "ad_account")
        }
        self.client = client
        self.credential = credential
        self.hidden = access.secrets
        self.adAccount = account
    }

    private struct Envelope<Answer: Decodable>: Decodable { var data: Answer }
    private struct Page<Item: Decodable>: Decodable {
        var data: [Item]
        var next_cursor: String?
    }

    /// Reads the ad account itself.
    private func readAdAccount() async throws(PluginError) -> XAdsAccount {
        let call = self.call(
            .get, "accounts/\(FormEncoding.encode(self.account))", query: [:], endpoint: XAdsEndpoint.read)
        return try await self.send(Envelope<XAdsAccount>.self, call).data
    }

    /// Reads one thing of the ad account.
    func get<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, _ query: FormFields
    ) async throws(PluginError) -> Answer {
        let call = self.call(.get, self.own(path), query: query, endpoint: XAdsEndpoint.read)
        return try await self.send(Envelope<Answer>.self, call).data
    }

    /// Reads the numbers of something of the ad account.
    func stats<Answer: Decodable>(_ answer: Answer.Type, _ query: FormFields) async throws(PluginError) -> Answer {
        let path = "stats/accounts/\(FormEncoding.encode(self.account))"
        let call = self.call(.get, path, query: query, endpoint: XAdsEndpoint.stats)
        return try await self.send(Envelope<Answer>.self, call).data
    }

    /// Reads a list of the ad account to its end.
    func list<Item: Decodable>(
        _ item: Item.Type, _ path: String, _ query: FormFields = [:]
    ) async throws(PluginError) -> [Item] {
        try await self.pages(item, self.own(path), query)
    }

    /// Reads a list that belongs to no ad account to its end.
    func common<Item: Decodable>(
        _ item: Item.Type, _ path: String, _ query: FormFields
    ) async throws(PluginError) -> [Item] {
        try await self.pages(item, path, query)
    }

    private func pages<Item: Decodable>(
        _ item: Item.Type, _ path: String, _ query: FormFields
    ) async throws(PluginError) -> [Item] {
        var found: [Item] = []
        var cursor: String?
        repeat {
            var query = query
            query.append("count", "200")
            query.append("cursor", cursor)
            let call = self.call(.get, path, query: query, endpoint: XAdsEndpoint.read)
            let page = try await self.send(Page<Item>.self, call)
            found += page.data
            cursor = page.next_cursor.flatMap { $0.isEmpty ? nil : $0 }
        } while cursor != nil
        return found
    }

    /// Makes or changes something of the ad account.
    ///
    /// - Parameters:
    ///   - answer: What a success says.
    ///   - method: `POST` to make, `PUT` to change.
    ///   - path: The path below the ad account.
    ///   - form: The fields.
    ///   - endpoint: The bucket that the call is counted in.
    ///   - permit: The permit, for the call that lets money be spent: its outcome is then unknown without an answer.
    /// - Returns: The data of the answer.
    /// - Throws: The class of the refusal or of the failure of the transport.
    func write<Answer: Decodable>(
        _ answer: Answer.Type, _ method: HTTPRequest.Method, _ path: String, _ form: FormFields,
        endpoint: String = XAdsEndpoint.write, permit: SendPermit? = nil
    ) async throws(PluginError) -> Answer {
        let call = self.call(method, self.own(path), form: form, endpoint: endpoint, permit: permit)
        return try await self.send(Envelope<Answer>.self, call).data
    }

    private func own(_ path: String) -> String { "accounts/\(FormEncoding.encode(self.account))/\(path)" }

    private func call(
        _ method: HTTPRequest.Method, _ path: String, query: FormFields = [:], form: FormFields? = nil,
        endpoint: String,
        permit: SendPermit? = nil
    ) -> HTTPCall {
        let path = "/\(Self.version)/\(path)"
        var head = HTTPRequest(method, host: Self.host, path: path, query: query)
        head.headerFields[.authorization] = OAuth1.authorization(
            method, "https://\(Self.host)\(path)", fields: form ?? query, as: self.credential,
            nonce: OAuth1.makeNonce(), now: self.client.clock.now())
        guard let form else { return HTTPCall(head, endpoint: endpoint, permit: permit) }
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        return HTTPCall(head, body: .bytes(form.data), endpoint: endpoint, permit: permit)
    }

    private func send<Answer: Decodable>(_ answer: Answer.Type, _ call: HTTPCall) async throws(PluginError) -> Answer {
        let creates = call.permit != nil
        let reply: HTTPReply
        do {
            reply = try await self.client.http.send(call)
        } catch {
            throw PluginError(error, creates: creates)
        }
        guard (200...299).contains(reply.status) else {
            throw XAdsFailure(
                creates: creates, endpoint: call.endpoint, hidden: self.hidden, now: self.client.clock.now()
            ).error(reply)
        }
        do {
            return try JSONDecoder().decode(answer, from: reply.body)
        } catch {
            throw PluginError(
                creates ? .ambiguousOutcome : .retryAfter, "The answer of X could not be read.",
                httpStatus: reply.status, requestID: reply.header("x-transaction-id"), underlying: error)
        }
    }
}

extension XAdsClient {
    /// What pays the campaign: able to, and in the currency of the budget.
    func payer() async throws(PluginError) -> String {
        try self.adAccount.checkZone(of: try await self.readAdAccount().timezone)
        let all = try await self.list(XFundingInstrument.self, "funding_instruments")
        let able = all.filter { $0.able_to_fund == true && $0.deleted != true }
        guard !able.isEmpty else {
            throw PluginError(
                .needsHuman, "Nothing in the ad account is able to pay.",
                nextAction: "Settle the way of payment at ads.x.com, then start the boost again.")
        }
        let currency = self.adAccount.currency.rawValue
        guard let fit = able.first(where: { $0.currency == nil || $0.currency == currency }) else {
            let known = Set(able.compactMap(\.currency)).sorted().joined(separator: ", ")
            throw PluginError(
                .permanent, "The ad account pays in \(known), the budget is in \(currency).",
                nextAction: "Correct the ad account's currency and plan the boost again.", field: "budget")
        }
        return fit.id
    }
}
