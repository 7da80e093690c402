// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PluginKit
import Publishing

/// Takes what platforms tell us at `/webhooks/PLATFORM` and `/webhooks/PLATFORM/APP`.
///
/// What was taken before is answered with 200 again, so that a platform which missed our answer stops; what is not the platform's is
/// answered with 403 and its body is never read as anything.
struct WebhookResponder: Sendable {
    /// More than any platform sends at once.
    private static let largestBody = 4 << 20

    let webhooks: WebhookService
    /// The path of the public address, which a proxy may keep.
    let root: String
    let clock: WorldClock
    let logger: Logger

    /// Whose address a request names; `nil` for what is not about webhooks.
    func address(of request: Request) -> WebhookAddress? { WebhookAddress(path: request.uri.path, root: self.root) }

    func respond(to request: Request, _ address: WebhookAddress) async -> Response {
        let platform = address.platform
        guard request.method == .get || request.method == .post else {
            return .plain(.methodNotAllowed, "Platforms ask with GET and tell with POST.\n", [.connection: "close"])
        }
        var body: [UInt8] = []
        if request.method == .post {
            guard let buffer = try? await request.body.collect(upTo: Self.largestBody) else {
                return .plain(.contentTooLarge, "That is more than any platform sends.\n", [.connection: "close"])
            }
            body = Array(buffer.readableBytesView)
        }
        let delivery = WebhookDelivery(
            isQuestion: request.method == .get,
            query: request.uri.queryParameters.reduce(into: [:]) { $0[String($1.key)] = String($1.value) },
            headers: request.headers.reduce(into: [:]) { $0[$1.name.canonicalName] = $1.value }, body: body,
            receivedAt: self.clock.now())
        do {
            return self.answer(
                try await self.webhooks.receive(delivery, platform: platform, app: address.app), platform)
        } catch {
            self.logger.error(
                "a delivery could not be stored; the platform sends it again",
                metadata: ["platform": "\(platform)", "reason": "\(error)"])
            return .plain(.serviceUnavailable, "It could not be stored; send it again.\n")
        }
    }

    private func answer(_ outcome: WebhookOutcome, _ platform: PlatformID) -> Response {
        switch outcome {
        case .reply(let reply):
            return Response(
                status: .ok, headers: [.contentType: reply.contentType, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: reply.body)))
        case .accepted(let events, let jobs):
            self.logger.info(
                "a platform told something",
                metadata: ["platform": "\(platform)", "events": "\(events)", "jobs": "\(jobs)"])
            return .plain(.ok, "ok\n")
        case .repeated: return .plain(.ok, "ok\n")
        case .refused(let refusal):
            self.logger.warning(
                "a delivery was refused", metadata: ["platform": "\(platform)", "reason": "\(refusal.rawValue)"])
            return .plain(refusal == .malformed ? .badRequest : .forbidden, "Refused: \(refusal.rawValue).\n")
        case .ambiguous:
            self.logger.warning(
                "a platform asks at an address that names no app, and there are several: register the one of app show",
                metadata: ["platform": "\(platform)"])
            return .plain(.badRequest, "There are several apps: the address must name one.\n")
        case .unknown: return .plain(.notFound, "Nothing is told at this address.\n")
        }
    }
}
