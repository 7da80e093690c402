// SPDX-License-Identifier: MIT

import HTTPTypes
import Hummingbird

/// Says why work cannot be done now, in words without secrets; `nil` when it can.
package typealias Readiness = @Sendable () async -> String?

/// Answers `/healthz`, `/readyz` and `/metrics`.
struct AdminResponder: HTTPResponder {
    let state: ServeState
    let version: String
    let readiness: Readiness

    func respond(to request: Request, context: ConsoleContext) async throws -> Response {
        guard request.method == .get || request.method == .head else { return .onlyReads }
        let response = await self.answer(request.uri.path)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ path: String) async -> Response {
        switch path {
        case "/healthz": return .plain(.ok, "ok\n")
        case "/readyz":
            if self.state.isDraining { return .plain(.serviceUnavailable, "draining\n") }
            guard let reason = await self.readiness() else { return .plain(.ok, "ready\n") }
            return .plain(.serviceUnavailable, reason + "\n")
        case "/metrics":
            var response = Response.plain(.ok, self.state.metrics(version: self.version))
            response.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
            return response
        default: return .plain(.notFound, "There are /healthz, /readyz and /metrics.\n")
        }
    }
}
