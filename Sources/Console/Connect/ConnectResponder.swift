// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PluginKit
import Publishing

/// Takes a person with a connect link to the platform's page and back.
///
/// `GET /connect/SECRET` says what it is about and changes nothing, `POST` to it leads to the platform, which sends the person back to
/// `GET /oauth/PLATFORM`; the choice among several accounts is a `POST` there.
struct ConnectResponder: Sendable {
    /// What a path asks for.
    enum Path: Hashable {
        /// A link, by what its address ends in.
        case link(String)
        /// A platform's call-back.
        case callback(PlatformID)
    }

    private static let largestForm = 16 * 1024

    let links: ConnectLinkService
    /// The path of the public address, which a proxy may keep.
    let root: String
    let logger: Logger

    /// What a request's path asks for; `nil` for what is not about links.
    func path(of request: Request) -> Path? {
        var path = Substring(request.uri.path)
        if !self.root.isEmpty, path.hasPrefix(self.root + "/") { path = path.dropFirst(self.root.count) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0].isEmpty, !parts[2].isEmpty else { return nil }
        switch parts[1] {
        case "connect": return .link(parts[2])
        case "oauth": return .callback(PlatformID(rawValue: parts[2]))
        default: return nil
        }
    }

    func respond(to request: Request, _ path: Path) async -> Response {
        let step: ConnectStep
        do {
            switch (path, request.method) {
            case (.link(let secret), .get), (.link(let secret), .head): step = try await self.links.look(secret)
            case (.link(let secret), .post): step = try await self.links.begin(secret)
            case (.callback(let platform), .get):
                let query = request.uri.queryParameters
                // OAuth 2 says state, code and error; OAuth 1.0a its own words, of which the temporary token is our state.
                let denied = query["denied"]
                let state = query["state"] ?? query["oauth_token"] ?? denied
                step = try await self.links.complete(
                    platform: platform, state: state.map(String.init) ?? "",
                    code: (query["code"] ?? query["oauth_verifier"]).map(String.init),
                    error: query["error"].map(String.init) ?? denied.map { _ in "access_denied" })
            case (.callback(let platform), .post):
                let form = await self.form(of: request)
                step = try await self.links.choose(
                    platform: platform, ticket: form["ticket"] ?? "", externalID: form["account"] ?? "")
            default: return .plain(.methodNotAllowed, "This is a page for a browser.\n", [.connection: "close"])
            }
        } catch {
            // Its words may name what a stranger need not know; the log has them.
            self.logger.error("a connect link could not be answered", metadata: ["error": "\(error)"])
            return ConnectPage.broken.response
        }
        self.note(step)
        if case .leave(let url) = step {
            return Response(
                status: .seeOther,
                headers: [
                    .location: url.absoluteString, .cacheControl: "no-store", ConnectPage.referrerPolicy: "no-referrer",
                ])
        }
        let response = ConnectPage(step).response
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// The fields of a form; none when it is too large or no form, which then leads nowhere.
    private func form(of request: Request) async -> [String: String] {
        do {
            let body = try await request.body.collect(upTo: Self.largestForm)
            return try URLEncodedFormDecoder().decode([String: String].self, from: String(buffer: body))
        } catch {
            self.logger.debug("a form could not be read", metadata: ["error": "\(error)"])
            return [:]
        }
    }

    private func note(_ step: ConnectStep) {
        switch step {
        case .connected(let link, let remote):
            self.logger.info(
                "a connect link connected an account",
                metadata: [
                    "link.id": "\(link.id)", "platform": "\(link.platformID)", "external.id": "\(remote.externalID)",
                ]
            )
        case .refused(let link, let refusal):
            self.logger.notice(
                "a connect link did not connect an account",
                metadata: ["link.id": "\(link.id)", "platform": "\(link.platformID)", "reason": "\(refusal)"])
        default: return
        }
    }
}
