// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1
import PluginKit
import Publishing

/// Signed requests to a bucket, each repeated a few times when the server has trouble.
final class S3Client: Sendable {
    /// One request.
    struct Call: Sendable {
        var method: HTTPMethod
        var hash: String
        var query: [(String, String)] = []
        var extra: [(name: String, value: String)] = []
        var body: FilePieces?
        var text: String?
        /// SHA-256 of the body.
        var payload = S3Signature.empty
        /// How long everything may take; the client's usual time when `nil`.
        var deadline: Duration?
    }

    /// The answer to a request, whole.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var text: String
    }

    let place: S3Place
    let client: HTTPClient
    private let now: @Sendable () -> Date
    private let pauses: [Duration]
    private let deadline: Duration

    init(_ place: S3Place, pauses: [Duration], deadline: Duration, now: @escaping @Sendable () -> Date) {
        var settings = HTTPClient.Configuration()
        settings.redirectConfiguration = .disallow
        settings.httpVersion = .http1Only
        settings.timeout.connect = .seconds(10)
        settings.timeout.read = .seconds(60)
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        self.place = place
        self.pauses = pauses
        self.deadline = deadline
        self.now = now
    }

    /// Asks and reads the whole answer.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - good: The statuses that are answers; others are errors.
    /// - Returns: The answer.
    /// - Throws: `MediaError`; `CancellationError`.
    func ask(_ call: Call, good: Set<Int> = [200, 204]) async throws -> Answer {
        try await self.repeating { () -> Answer in
            // The client's own deadline ends with the head of the answer.
            let (response, text) = try await withDeadline(call.deadline ?? self.deadline) {
                let response = try await self.client.execute(
                    self.request(call), timeout: TimeAmount(call.deadline ?? self.deadline))
                let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
                try Task.checkCancellation()
                return (response, text)
            }
            let status = Int(response.status.code)
            guard good.contains(status) else { throw self.refusal(status, text) }
            return Answer(status: status, headers: response.headers, text: text)
        }
    }

    /// Repeats what the server or the way to it could not do.
    func repeating<Value>(_ body: () async throws -> Value) async throws -> Value {
        for pause in self.pauses {
            do {
                return try await body()
            } catch {
                guard !Task.isCancelled else { throw CancellationError() }
                guard Self.isPassing(error) else { throw error }
                try await Task.sleep(for: pause, clock: .continuous)
            }
        }
        do {
            return try await body()
        } catch let error as MediaError {
            throw error
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { throw CancellationError() }
            throw MediaError("the media store \(self.place.description) does not answer: \(error)", kind: .unreachable)
        }
    }

    static func isPassing(_ error: any Error) -> Bool {
        if error is CancellationError { return false }
        return (error as? MediaError).map { $0.kind == .unreachable } ?? true
    }

    func request(_ call: Call) -> HTTPClientRequest {
        let place = self.place
        let path = place.path(of: call.hash)
        let signature = S3Signature(
            method: call.method.rawValue, host: place.host, path: path, query: call.query, extra: call.extra,
            payload: call.payload,
            signer: S3Signature.Signer(
                accessKey: place.accessKey, secretKey: place.secretKey.revealed,
                sessionToken: place.sessionToken?.revealed, region: place.region), date: self.now())
        let scheme = place.endpoint.scheme ?? "https"
        var request = HTTPClientRequest(
            url: "\(scheme)://\(place.host)\(path)" + (signature.query.isEmpty ? "" : "?\(signature.query)"))
        request.method = call.method
        for (name, value) in call.extra + signature.fields { request.headers.replaceOrAdd(name: name, value: value) }
        if let body = call.body {
            request.body = .stream(body, length: .known(body.length))
        } else if let text = call.text {
            request.body = .bytes(ByteBuffer(string: text))
        }
        return request
    }

    func refusal(_ status: Int, _ text: String) -> MediaError {
        let code = S3Document.value("Code", in: text) ?? "no code"
        let what = "the media store \(self.place.description) answers \(status) (\(code))"
        switch status {
        case 500..., 429, 408: return MediaError(what, kind: .unreachable)
        case 401, 403:
            return MediaError(
                "\(what): may AWS_ACCESS_KEY_ID read and write there, are key and region right, and this machine's clock?",
                kind: .configuration)
        default: return MediaError(what, kind: .configuration)
        }
    }
}

/// The little of XML that S3 needs.
enum S3Document {
    /// The text of the first element of a name.
    static func value(_ name: String, in text: String) -> String? {
        guard let start = text.range(of: "<\(name)>"),
            let end = text.range(of: "</\(name)>", range: start.upperBound..<text.endIndex)
        else { return nil }
        return text[start.upperBound..<end.lowerBound].replacingOccurrences(of: "&quot;", with: "\"")
            .replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&gt;", with: ">")
            .replacingOccurrences(of: "&amp;", with: "&")
    }

    /// What completes an upload of parts.
    static func completion(_ tags: [String]) -> String {
        let parts = tags.enumerated().map { index, tag in
            let safe = tag.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            return "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(safe)</ETag></Part>"
        }
        return "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"
    }
}
