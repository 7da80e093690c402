// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Domain
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
package import PluginKit

/// Sends the requests of one plugin: to its hosts only, each once, with an end to everything.
package struct HTTPClientTransport: HTTPTransport {
    let host: PlatformHTTPClient
    let allowed: Set<String>

    /// Sends one request and reads the whole answer.
    ///
    /// - Throws: ``TransportError`` when there is no complete answer; its `reach` is `notSent` only when not one byte can have left.
    package func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply {
        let started = ContinuousClock.now
        let notAfter = [call.permit?.notAfter, call.notAfter].compactMap(\.self).min()
        let gate = SendGate(notAfter: notAfter)
        let result: Result<HTTPReply, TransportError>
        do {
            result = .success(try await self.exchange(call, gate: gate))
        } catch let error as TransportError {
            result = .failure(error)
        } catch {
            result = .failure(Self.explain(error, gate.close(), call))
        }
        self.record(call, result, duration: started.duration(to: .now))
        return try result.get()
    }

    private func exchange(_ call: HTTPCall, gate: SendGate) async throws -> HTTPReply {
        if let notAfter = gate.notAfter, ContinuousClock.now > notAfter { throw Self.late }
        var request = try self.prepare(call)
        let number = self.host.gates.add(gate)
        defer { self.host.gates.remove(number) }
        request.headers.add(name: SendGates.field, value: String(number))
        let ready = request
        return try await withDeadline(call.deadline) {
            // The client learns of a cancellation a little later than it happens; the gate at once.
            try await withTaskCancellationHandler {
                let response = try await self.host.client.execute(ready, timeout: TimeAmount(call.deadline))
                return try await Self.collect(response, call)
            } onCancel: {
                _ = gate.close()
            }
        }
    }

    private static func collect(_ response: HTTPClientResponse, _ call: HTTPCall) async throws -> HTTPReply {
        var body = Data()
        for try await chunk in response.body {
            guard body.count + chunk.readableBytes <= call.maximumResponseBytes else { throw AnswerTooLarge() }
            body.append(contentsOf: chunk.readableBytesView)
        }
        // A cancelled body ends like a complete one.
        try Task.checkCancellation()
        var fields = HTTPFields()
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let status = HTTPResponse.Status(code: Int(response.status.code), reasonPhrase: response.status.reasonPhrase)
        return HTTPReply(response: HTTPResponse(status: status, headerFields: fields), body: body)
    }

    /// Checks where the request goes and puts it into the client's form.
    private func prepare(_ call: HTTPCall) throws(TransportError) -> HTTPClientRequest {
        let url = try self.url(of: call)
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: call.request.method.rawValue)
        for field in call.request.headerFields {
            request.headers.add(name: field.name.rawName, value: field.value)
        }
        request.headers.replaceOrAdd(name: "User-Agent", value: self.host.configuration.userAgent)
        switch call.body {
        case .empty: break
        case .bytes(let data): request.body = .bytes(ByteBuffer(bytes: data))
        case .file(let path, let offset, let length):
            let chunks = try Self.chunks(path, offset: offset, length: length)
            request.body = .stream(chunks, length: .known(length))
        case .framed(let head, let path, let offset, let length, let tail):
            let chunks = try Self.chunks(path, offset: offset, length: length)
            request.body = .stream(
                FramedChunks(head: head, chunks: chunks, tail: tail),
                length: .known(length + Int64(head.count + tail.count)))
        }
        return request
    }

    private static func chunks(_ path: String, offset: Int64, length: Int64) throws(TransportError) -> FileChunks {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value
        guard let size, offset >= 0, length >= 0, offset + length <= size else {
            // The reason why the size is not known does not change what to do.
            throw TransportError(
                .notSent, "the file of the request's body is missing or shorter than \(offset + length) bytes")
        }
        return FileChunks(path: path, offset: offset, length: length)
    }

    private func url(of call: HTTPCall) throws(TransportError) -> String {
        guard let authority = call.request.authority, let path = call.request.path, path.hasPrefix("/") else {
            throw TransportError(.notSent, "the request names no host or no path")
        }
        let scheme = call.request.scheme?.lowercased() ?? "https"
        let url = "\(scheme)://\(authority)\(path)"
        // What the stand-in for all platforms names of its own is asked as it is, whatever the path.
        if let origin = self.host.configuration.origin, origin.holds(url) { return url }
        guard self.allowed.contains(authority.lowercased()) else {
            throw TransportError.forbidden(
                "The platform named an address at \(authority), which the manifest of its plugin does not list: nothing was sent there. "
                    + "Update Posthorn or the plugin, then try again.")
        }
        guard scheme == "https" else {
            throw TransportError.forbidden("Requests to \(authority) go over https, not \(scheme): nothing was sent.")
        }
        return self.host.configuration.origin?.serve(url) ?? url
    }

    private func record(_ call: HTTPCall, _ result: Result<HTTPReply, TransportError>, duration: Duration) {
        guard let recorder = self.host.configuration.recorder else { return }
        let sent: Int64 =
            switch call.body {
            case .empty: 0
            case .bytes(let data): Int64(data.count)
            case .file(_, _, let length): length
            case .framed(let head, _, _, let length, let tail): length + Int64(head.count + tail.count)
            }
        var record = ExchangeRecord(
            method: call.request.method.rawValue, host: call.request.authority ?? "",
            path: String((call.request.path ?? "").prefix { $0 != "?" }), endpoint: call.endpoint,
            permit: call.permit, duration: duration,
            bytesSent: sent, bytesReceived: 0)
        switch result {
        case .success(let reply):
            record.status = reply.status
            record.bytesReceived = reply.body.count
            record.requestID =
                ["x-request-id", "x-transaction-id", "x-fb-request-id", "x-tt-logid"].lazy
                .compactMap { reply.header($0) }.first
        case .failure(let error):
            record.failure = error.reach
        }
        recorder.record(record)
    }
}
