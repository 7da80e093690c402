// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
package import Hummingbird
import Logging
import NIOCore

/// A web server on loopback for the time of a test.
package struct FakeWebsite: Sendable {
    /// Where it listens.
    package let port: Int

    /// Answers for the time of a body.
    package static func with(
        _ answer: @escaping @Sendable (Request) async throws -> Response,
        _ body: @escaping @Sendable (FakeWebsite) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await answer(request) },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                continuation.yield(channel.localAddress?.port ?? 0)
                continuation.finish()
            }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await port in ports { try await body(FakeWebsite(port: port)) }
            group.cancelAll()
            // It was told to stop.
            while let result = await group.nextResult() { _ = result }
        }
    }
}
