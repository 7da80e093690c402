// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// The endpoints of the API for Business, by the names that limits are counted under.
enum BusinessEndpoint {
    static let create = "POST /create/"
    /// Switching something on or off; of a campaign what lets money be spent.
    static let status = "POST /status/update/"
    static let read = "GET /get/"
    static let report = "GET /report/integrated/get/"
}

/// Calls of the API for Business for one ad account: its token in a header of its own, lists and objects of a query as JSON text.
struct BusinessClient: Sendable {
    static let host = "business-api.tiktok.com"
    static let version = "v1.3"
    /// The name of the credential's field with the token.
    static let tokenField = "business_token"

    private let http: any HTTPTransport
    private let clock: WorldClock
    private let token: Secret
    private let hidden: [Secret]
    /// The ad account as we know it.
    let adAccount: AdAccountReference
    /// The ad account's identity.
    var advertiser: String { self.adAccount.externalID }

    /// Makes a client.
    ///
    /// - Throws: `permanent` for a grant without a business token, and for terms without an ad account.
    init(_ context: PluginContext, _ access: AccountAccess, _ terms: BoostTerms) throws(PluginError) {
        try self.init(context, access, terms.adAccount)
    }

    /// Makes a client of an ad account.
    ///
    /// - Throws: `permanent` for a grant without a business token, and without an ad account.
    init(
        _ context: PluginContext, _ access: AccountAccess, _ adAccount: AdAccountReference?
    ) throws(PluginError) {
        guard let token = access.tokens.extra[Self.tokenField] else {
            throw PluginError(
                .permanent, "A creator's token cannot boost: TikTok's ads have tokens of their own.",
                nextAction:
                    "Add the business token: posthorn account authorize --ads-token-file; then plan the boost again.")
        }
        guard let account = adAccount else {
            throw PluginError(.permanent, "A boost needs an ad account that pays it.", field: "ad_account")
        }
        self.http = context.http
        self.clock = context.clock
        self.token = token
        self.hidden = access.secrets
        self.adAccount = account
    }

    private struct Envelope<Answer: Decodable>: Decodable { var data: Answer }
    private struct Page<Item: Decodable>: Decodable {
        struct Info: Decodable { var total_page: Int? }
        var list: [Item]?
        var identity_list: [Item]?
        var page_info: Info?
    }
    private static var size: String { "100" }

    /// Reads a list to its end.
    func list<Item: Decodable>(
        _ item: Item.Type, _ path: String, _ query: FormFields, endpoint: String = BusinessEndpoint.read
    ) async throws(PluginError) -> [Item] {
        var found: [Item] = []
        var page = 1
        while true {
            var query = query
            query.append("page", String(page))
            query.append("page_size", Self.size)
            let answer = try await self.get(Page<Item>.self, path, query, endpoint: endpoint)
            found += answer.list ?? answer.identity_list ?? []
            guard let pages = answer.page_info?.total_page, page < pages else { return found }
            page += 1
        }
    }

    /// Reads.
    func get<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, _ query: FormFields, endpoint: String = BusinessEndpoint.read
    ) async throws(PluginError) -> Answer {
        try await self.send(answer, HTTPCall(self.head(.get, path, query), endpoint: endpoint))
    }

    /// Sends JSON.
    ///
    /// - Parameters:
    ///   - answer: The data of a success.
    ///   - path: The path after the version, with the slash at its end.
    ///   - body: What is sent.
    ///   - endpoint: The bucket that the call is counted in.
    ///   - permit: The permit, for the call that lets money be spent: its outcome is then unknown without an answer.
    /// - Returns: The data.
    /// - Throws: The class of the refusal or of the failure of the transport.
    func post<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, _ body: some Encodable, endpoint: String, permit: SendPermit? = nil
    ) async throws(PluginError) -> Answer {
        var head = self.head(.post, path, [:])
        head.headerFields[.contentType] = "application/json"
        let call = HTTPCall(head, body: .bytes(try TikTokCoding.json(body)), endpoint: endpoint, permit: permit)
        return try await self.send(answer, call)
    }

    /// A value as the JSON text that a query holds.
    static func text(_ value: some Encodable) -> String { TikTokCoding.text(value) }

    private func head(_ method: HTTPRequest.Method, _ path: String, _ query: FormFields) -> HTTPRequest {
        var head = HTTPRequest(method, host: Self.host, path: "/open_api/\(Self.version)/\(path)", query: query)
        if let name = HTTPField.Name("Access-Token") { head.headerFields[name] = self.token.revealed }
        return head
    }

    private func send<Answer: Decodable>(_ answer: Answer.Type, _ call: HTTPCall) async throws(PluginError) -> Answer {
        let creates = call.permit != nil
        let failure = BusinessFailure(
            creates: creates, endpoint: call.endpoint, hidden: self.hidden, clock: self.clock)
        let reply: HTTPReply
        do {
            reply = try await self.http.send(call)
        } catch {
            throw PluginError(error, creates: creates)
        }
        guard BusinessProblem(reply.body)?.isSuccess == true else { throw failure.error(reply) }
        do {
            return try JSONDecoder().decode(Envelope<Answer>.self, from: reply.body).data
        } catch {
            throw PluginError(
                creates ? .ambiguousOutcome : .retryAfter, "The answer of TikTok could not be read.",
                httpStatus: reply.status, requestID: BusinessProblem(reply.body)?.request_id, underlying: error)
        }
    }
}
