// SPDX-License-Identifier: MIT

import NIOCore

/// Hears when a client closes its side of a connection.
///
/// The server keeps such a connection open to send what is left, so the end of the channel comes too late to tell that
/// nobody waits for the answer any more.
final class DepartureHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private var promise: EventLoopPromise<Void>?

    /// Completes when the client has left, from any thread.
    static func departure(from channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.flatSubmit {
            guard channel.isActive,
                let handler = try? channel.pipeline.syncOperations.handler(type: Self.self),
                let promise = handler.promise
            else { return channel.eventLoop.makeSucceededVoidFuture() }
            return promise.futureResult
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.promise = context.eventLoop.makePromise()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.depart()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.depart()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { self.depart() }
        context.fireUserInboundEventTriggered(event)
    }

    private func depart() {
        self.promise?.succeed()
        self.promise = nil
    }
}
