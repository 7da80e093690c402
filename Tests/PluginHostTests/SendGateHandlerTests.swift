// SPDX-License-Identifier: MIT

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import PluginHost

@Suite("The gate before a connection")
struct SendGateHandlerTests {
    private let gates = SendGates()
    private let channel: EmbeddedChannel

    init() throws {
        self.channel = EmbeddedChannel(handler: SendGateHandler(gates: self.gates))
    }

    private func head(_ gate: SendGate) -> HTTPClientRequestPart {
        .head(
            HTTPRequestHead(
                version: .http1_1, method: .POST, uri: "/", headers: [SendGates.field: String(self.gates.add(gate))]))
    }

    private var body: HTTPClientRequestPart { .body(.byteBuffer(ByteBuffer(string: "words"))) }

    private func left() throws -> HTTPClientRequestPart? {
        try self.channel.readOutbound(as: HTTPClientRequestPart.self)
    }

    @Test("a head leaves with the first part of its body, in one write, or with the end, and does not tell of its gate")
    func together() throws {
        let gate = SendGate(notAfter: nil)
        self.channel.writeAndFlush(self.head(gate), promise: nil)
        #expect(try self.left() == nil)
        try self.channel.writeOutbound(self.body)
        guard case .head(let head) = try self.left() else {
            Issue.record("no head left")
            return
        }
        #expect(head.headers.isEmpty)
        #expect(try self.left() == self.body)
        try self.channel.writeOutbound(HTTPClientRequestPart.end(nil))
        #expect(try self.left() == .end(nil))
        #expect(gate.close() == .written)

        let short = SendGate(notAfter: nil)
        self.channel.write(self.head(short), promise: nil)
        try self.channel.writeOutbound(HTTPClientRequestPart.end(nil))
        if case .head = try self.left() {} else { Issue.record("no head left") }
        #expect(try self.left() == .end(nil))
        #expect(try self.channel.finish().isClean)
    }

    @Test("who gives up between the head and the body has sent nothing")
    func givenUpBetween() throws {
        let gate = SendGate(notAfter: nil)
        self.channel.writeAndFlush(self.head(gate), promise: nil)
        #expect(gate.close() == .closed)
        #expect(throws: SendRefused.self) { try self.channel.writeOutbound(self.body) }
        #expect(throws: SendRefused.self) { try self.channel.writeOutbound(HTTPClientRequestPart.end(nil)) }
        #expect(try self.left() == nil)
        self.channel.embeddedEventLoop.run()
        #expect(throws: SendRefused.self) { try self.channel.throwIfErrorCaught() }
    }

    @Test("a head that waits when its connection goes away is refused")
    func connectionLost() throws {
        let promise = self.channel.eventLoop.makePromise(of: Void.self)
        self.channel.write(self.head(SendGate(notAfter: nil)), promise: promise)
        #expect(try self.channel.finish().isClean)
        #expect(throws: SendRefused.self) { try promise.futureResult.wait() }
    }
}
