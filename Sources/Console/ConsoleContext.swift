// SPDX-License-Identifier: MIT

import Hummingbird
import NIOCore

/// A request's surroundings: what the framework needs, and the connection's event loop.
struct ConsoleContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let eventLoop: any EventLoop

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.eventLoop = source.channel.eventLoop
    }

    /// Returns when the connection has dealt with all that was written to it before: only then does it know whether it takes more.
    ///
    /// Without this a fast reader of a file runs far ahead of a busy connection, and the pieces between them lie in memory.
    func waitForConnection() async throws { try await self.eventLoop.submit {}.get() }
}
