// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1

/// The request was kept back.
struct SendRefused: Error {}

/// Sits in front of a connection's encoder and lets a request through only when its gate says so.
///
/// The head waits for what comes after it, the body's first part or the end, and the gate is asked when both can leave in one write. A head
/// by itself would wake the other side, which on a busy machine takes the processor: whoever stops this process just then makes it
/// complete the request long after its permit, and nobody asks again.
///
/// AsyncHTTPClient has no hook between "a connection is free" and "the head is written"; its initializer for HTTP/1.1 connections is the one
/// place where a handler can be put there.
final class SendGateHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let gates: SendGates
    private var waiting: (head: HTTPRequestHead, promise: EventLoopPromise<Void>?)?
    private var isRefusing = false

    init(gates: SendGates) { self.gates = gates }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head(let head) = Self.unwrapOutboundIn(data) {
            self.waiting = (head, promise)
            return
        }
        if let (head, promise) = self.waiting.take() { self.start(head, promise, context) }
        guard !self.isRefusing else {
            promise?.fail(SendRefused())
            return
        }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        guard self.waiting == nil else { return }
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.waiting.take()?.promise?.fail(SendRefused())
    }

    /// Asks the gate; from here on the request is on its way or refused.
    private func start(_ head: HTTPRequestHead, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        var head = head
        let number = head.headers.first(name: SendGates.field).flatMap(UInt64.init)
        head.headers.remove(name: SendGates.field)
        guard let gate = number.flatMap(self.gates.gate), gate.mayWrite() else {
            self.isRefusing = true
            promise?.fail(SendRefused())
            // Later, because the client's own handler is in the middle of starting this request.
            let channel = context.channel
            channel.eventLoop.execute {
                channel.pipeline.fireErrorCaught(SendRefused())
                channel.close(promise: nil)
            }
            return
        }
        context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
    }

    /// Puts a handler right behind the encoder and decoder of a new connection.
    static func install(in channel: any Channel, gates: SendGates) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(SendGateHandler(gates: gates), position: .after(decoder))
        }
    }
}
