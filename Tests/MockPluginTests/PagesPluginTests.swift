// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

/// The example of `docs/writing-a-plugin.md`, word for word.
struct PagesPlugin: CompiledPlugin {
    static let manifest = PluginManifest(
        id: "pages", name: "Pages", apiVersion: "1", hosts: ["api.pages.example"], capabilities: [.publish],
        formats: [FormatLimits(format: .text, textLength: 1000)], limitsReadOn: "2026-11-21",
        rateBuckets: [RateBucket(endpoint: "posts", scope: .account, calls: 60, window: .seconds(3600))],
        credentialFields: [CredentialField("access_token", isRequired: true, "Settings, API, New token")])

    private let http: any HTTPTransport

    init(context: PluginContext) { self.http = context.http }

    func validate(_ content: PostContent) -> [ValidationIssue] {
        guard let limits = Self.manifest.limits(of: content.format) else {
            return [ValidationIssue(.error, field: "format", "Pages has no format \(content.format).")]
        }
        return limits.check(content)
    }

    func publish(
        _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        let post = try await context.send(part: 0, endpoint: "posts") { permit throws(PluginError) in
            var head = HTTPRequest(
                .post, host: "api.pages.example", path: "/v1/posts", bearer: request.access.tokens.accessToken)
            head.headerFields[.contentType] = "application/x-www-form-urlencoded"
            let form: FormFields = ["text": request.content.parts[0].text]
            let reply: HTTPReply
            do throws(TransportError) {
                reply = try await self.http.send(
                    HTTPCall(head, body: .bytes(form.data), endpoint: "posts", permit: permit))
            } catch {
                throw PluginError(error, creates: true)
            }
            switch reply.status {
            case 201:
                guard let id = reply.header("X-Post-Id") else {
                    throw PluginError(.ambiguousOutcome, "No id in the answer.")
                }
                return RemotePost(id: id)
            case 401: throw PluginError(.reauthorize, "The token is not accepted.", httpStatus: 401)
            case 429:
                throw PluginError(.rateLimited, "Too many posts.", retryAfter: reply.retryAfter(), httpStatus: 429)
            case 400...499:
                let words = String(decoding: reply.body, as: UTF8.self)
                throw PluginError(
                    .permanent, PluginError.redact(words, request.access.secrets), httpStatus: reply.status)
            default: throw PluginError(.ambiguousOutcome, "Pages answered \(reply.status).", httpStatus: reply.status)
            }
        }
        return .published(post)
    }
}

@Suite("The example of the guide")
struct PagesPluginTests {
    @Test("the example keeps the contract")
    func conformance() async {
        let access = AccountAccess(
            account: AccountID(), externalID: "1", tokens: TokenSet(accessToken: Secret("pages-token-4471")))
        let answers = PlatformAnswers(
            unauthorized: .json(401, ""), limited: .json(429, "", ["Retry-After": "7"]),
            limitedPause: .seconds(7) ... .seconds(7),
            limitedUnsaid: .json(429, ""), failures: [.json(500, ""), .json(503, "")], refusal: { .json(422, $0) })
        let fixture = PublishFixture(
            "text", PostContent(format: .text, parts: [PostPart(text: "Hello")]),
            [ScriptedExchange(.post, "/v1/posts", .json(201, "", ["X-Post-Id": "9"]), isVisible: true)])
        let failures = await PluginConformance.run(
            PagesPlugin.self,
            ConformanceFixtures(access: access, now: MockFixtures.now, publishes: [fixture], answers: answers))
        #expect(failures.isEmpty, "\(failures)")
    }
}
