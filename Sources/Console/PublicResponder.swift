// SPDX-License-Identifier: MIT

import Hummingbird

/// Answers the world: files for platforms, people with a connect link, and what platforms tell.
struct PublicResponder: HTTPResponder {
    let media: MediaResponder
    /// `nil` where no links are made.
    let connect: ConnectResponder?
    /// `nil` where platforms tell nothing.
    let webhooks: WebhookResponder?

    func respond(to request: Request, context: ConsoleContext) async throws -> Response {
        if let connect = self.connect, let path = connect.path(of: request) {
            return await connect.respond(to: request, path)
        }
        if let webhooks = self.webhooks, let address = webhooks.address(of: request) {
            return await webhooks.respond(to: request, address)
        }
        return try await self.media.respond(to: request, context: context)
    }
}
