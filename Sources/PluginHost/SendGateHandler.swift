// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1

/// The request was kept back.
struct SendRefused: Error {}

/// Sits in front of a connection's encoder and lets a request through only when its gate says so.
///
/// AsyncHTTPClient has no hook between "a connection is free" and "the head is written"; its initializer for HTTP/1.1 connections is the one
/// place where a handler can be put there.
final class SendGateHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let gates: SendGates
    private var isRefusing = false

    init(gates: SendGates) { self.gates = gates }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = Self.unwrapOutboundIn(data) else {
            guard !self.isRefusing else {
                promise?.fail(SendRefused())
                return
            }
            context.write(data, promise: promise)
            return
        }
        let number = head.headers.first(name: SendGates.field).flatMap(UInt64.init)
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
        head.headers.remove(name: SendGates.field)
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
