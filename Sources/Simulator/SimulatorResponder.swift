// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Hands requests to the world, and what it decides to the connection.
final class SimulatorResponder: HTTPResponder {
    /// What a request needs from the server: its connection, so that it can be closed without an answer.
    struct Context: InitializableFromSource {
        let channel: any Channel

        init(source: ApplicationRequestContextSource) { self.channel = source.channel }
    }

    /// Bytes of a body beyond which nothing is read: the largest upload, and a little.
    private static let bodyLimit = 25_000_000

    private let world: Mutex<World>
    private let uploads: UploadStore
    private let files: RemoteFiles
    private let recorder: RequestRecorder?
    private let changes: AsyncStream<[JournalEntry]>.Continuation?
    private let counter = Mutex(0)
    /// Tells the request ids of this run from those of another.
    private let name = UUID().uuidString

    init(
        world: World, uploads: UploadStore, files: RemoteFiles, recorder: RequestRecorder?,
        changes: AsyncStream<[JournalEntry]>.Continuation?
    ) {
        self.world = Mutex(world)
        self.uploads = uploads
        self.files = files
        self.recorder = recorder
        self.changes = changes
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        if Platform.isUpload(SimulatedRequest.host(of: request.head.path ?? "/")) {
            return try await self.respondToUpload(request, context)
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            return Response(
                status: .contentTooLarge, headers: [.contentType: "application/json", .connection: "close"],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(
                        string: #"{"error":{"code":"payload_too_large","message":"The body is too large."}}"#)))
        }
        var simulated = SimulatedRequest(
            id: self.nextRequestID(), method: request.method.rawValue, target: request.head.path ?? "/",
            headers: request.headers, body: Array(buffer: body), realTime: Date().timeIntervalSince1970)
        try self.recorder?.record(simulated, target: request.head.path ?? "/")
        if simulated.host == "_media" { return self.file(simulated) }
        return try await self.carryOut(&simulated, context)
    }

    /// Takes a file of any size without holding it; what came of one that was cut off counts too.
    private func respondToUpload(_ request: Request, _ context: Context) async throws -> Response {
        var reader = BodyReader()
        var cut: (any Error)?
        do {
            for try await piece in request.body { reader.add(piece) }
        } catch {
            cut = error
        }
        var simulated = SimulatedRequest(
            id: self.nextRequestID(), method: request.method.rawValue, target: request.head.path ?? "/",
            headers: request.headers, body: reader.head, realTime: Date().timeIntervalSince1970)
        simulated.streamed = reader.summary(isCutOff: cut != nil)
        if cut == nil { try self.recorder?.record(simulated, target: request.head.path ?? "/") }
        let response = try await self.carryOut(&simulated, context)
        if let cut { throw cut }
        return response
    }

    private func carryOut(_ simulated: inout SimulatedRequest, _ context: Context) async throws -> Response {
        var decided: FaultEngine.Decision?
        while true {
            let reaction = self.decide(simulated, decided)
            if simulated.host == "_admin", simulated.path == "/reset" { self.uploads.clear(isEnd: false) }
            for upload in reaction.uploads { self.uploads.keep(upload) }
            switch reaction.step {
            case .wait(let duration, let faults):
                try await Task.sleep(for: duration)
                decided = faults
                simulated.realTime = Date().timeIntervalSince1970
            case .fetch(let addresses, let faults):
                for address in addresses { simulated.fetched[address.given] = await self.files.fetch(address) }
                decided = faults
            case .deliver(let delivery):
                return try await self.deliver(delivery, simulated, context)
            }
        }
    }

    private func nextRequestID() -> String {
        let number = self.counter.withLock { counter in
            counter += 1
            return counter
        }
        let digits = String(stableHash(self.name, String(number)), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Lets the world decide, and passes its changes on in order.
    private func decide(_ request: SimulatedRequest, _ decided: FaultEngine.Decision?) -> Reaction {
        self.change { world in
            switch request.host {
            case "": return Reaction.answer(world.feedPage(request))
            case "_admin":
                return Reaction.answer(world.adminAnswer(request))
            default:
                guard let platform = Platform.serving(request.host) else {
                    return Reaction.answer(Self.unknownHost(request))
                }
                return world.handle(request, platform, decided: decided)
            }
        }
    }

    private func change<Result>(_ body: (inout World) -> Result) -> Result {
        self.world.withLock { world in
            let result = body(&world)
            if !world.journal.isEmpty {
                // Yielding never waits, and under the lock the lines keep their order.
                self.changes?.yield(world.journal)
                world.journal.removeAll(keepingCapacity: true)
            }
            return result
        }
    }

    private static func unknownHost(_ request: SimulatedRequest) -> SimulatedResponse {
        .json(
            [
                "error": [
                    "code": "unknown_host",
                    "message": .string(
                        "The simulator does not pretend to be \(request.host). It serves \(Platform.hosts.map(\.host).joined(separator: ", ")), _admin and the feed page at /."
                    ),
                ]
            ], status: 404)
    }

    private func deliver(_ delivery: Delivery, _ request: SimulatedRequest, _ context: Context) async throws -> Response
    {
        switch delivery {
        case .reset(let latency):
            if let latency { _ = try await Self.sleep(for: latency, whileOpen: context.channel) }
            await Self.reset(context.channel)
            // Nothing of this can leave any more.
            return Response(status: .internalServerError)
        case .answer(let answer, let latency, let rate, let receipt):
            if let latency {
                let isConnected = try await Self.sleep(for: latency, whileOpen: context.channel)
                if let receipt {
                    self.change { isConnected ? $0.answering(receipt) : $0.undelivered(receipt) }
                }
            }
            var headers = answer.headers
            if let name = HTTPField.Name("X-Request-Id") { headers[name] = request.id }
            return Response(
                status: HTTPResponse.Status(code: answer.status), headers: headers,
                body: self.body(answer.body, rate: rate, receipt: receipt))
        }
    }

    /// The body; the world hears of it when it could not be written.
    private func body(_ bytes: [UInt8], rate: Int?, receipt: Ledger.Receipt?) -> ResponseBody {
        guard rate != nil || receipt != nil else { return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)) }
        return ResponseBody(contentLength: bytes.count) { writer in
            do {
                if let rate {
                    // Ten pieces a second, so that a reader sees a trickle.
                    let step = max(1, rate / 10)
                    var start = 0
                    while start < bytes.count {
                        let end = min(start + step, bytes.count)
                        try await writer.write(ByteBuffer(bytes: bytes[start..<end]))
                        start = end
                        if start < bytes.count { try await Task.sleep(for: .seconds(Double(step) / Double(rate))) }
                    }
                } else {
                    try await writer.write(ByteBuffer(bytes: bytes))
                }
                try await writer.finish(nil)
            } catch {
                if let receipt { self.change { $0.undelivered(receipt) } }
                throw error
            }
        }
    }

    /// Waits; shorter when the client leaves, because nobody waits for the answer then.
    ///
    /// - Returns: Whether the client is still there.
    private static func sleep(for latency: Duration, whileOpen channel: any Channel) async throws -> Bool {
        // Awaited right here; a task of its own, so that the client's departure can cut it short.
        let pause = Task { try await Task.sleep(for: latency) }
        DepartureHandler.departure(from: channel).whenComplete { _ in pause.cancel() }
        let end = await withTaskCancellationHandler {
            await pause.result
        } onCancel: {
            pause.cancel()
        }
        try Task.checkCancellation()
        return (try? end.get()) != nil
    }

    /// Closes a connection so that the client sees it reset.
    private static func reset(_ channel: any Channel) async {
        // A connection that is gone already needs neither.
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close(mode: .all).get()
    }

    private func file(_ request: SimulatedRequest) -> Response {
        let id = request.segments.first ?? ""
        let type = self.world.withLock { $0.media[id]?.contentType }
        guard let type, let bytes = self.uploads.read(id) else { return Response(status: .notFound) }
        return Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "max-age=86400"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
