// SPDX-License-Identifier: MIT

import Hummingbird

/// Answers the world: files for platforms, and people with a connect link.
struct PublicResponder: HTTPResponder {
    let media: MediaResponder
    /// `nil` where no links are made.
    let connect: ConnectResponder?

    func respond(to request: Request, context: ConsoleContext) async throws -> Response {
        if let connect = self.connect, let path = connect.path(of: request) {
            return await connect.respond(to: request, path)
        }
        return try await self.media.respond(to: request, context: context)
    }
}
