// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Crypto
package import Foundation
import NIOCore
import NIOHTTP1
import Publishing

/// Files by content hash in a bucket of S3, or of a server that speaks like it.
///
/// A file's name is `prefix/ab/abcdef…`: the same file is the same object, whoever puts it there. What is signed includes the hash of
/// every byte that is sent. One for a process; ``shutdown()`` once, after the last call.
package final class S3Store: RemoteMedia {
    /// How files are sent in parts.
    package struct Parts: Sendable {
        /// A file of at least this size is sent in parts.
        package var threshold: Int64 = 64 << 20
        /// The size of a part; larger where a file would have more than 10,000 of them.
        package var size: Int64 = 16 << 20

        /// Makes the usual sizes.
        package init() {}

        func size(for byteCount: Int64) -> Int64 { max(self.size, (byteCount + 9_999) / 10_000) }
    }

    private let client: S3Client
    private let parts: Parts
    /// How long reading a part of a file may take.
    private let readLimit: Duration

    /// Uses a bucket.
    ///
    /// - Parameters:
    ///   - place: Where it is and who may use it.
    ///   - parts: How files are sent in parts.
    ///   - pauses: How long to wait before each repetition.
    ///   - deadline: How long a question may take whose answer is short.
    ///   - readLimit: How long reading a file, or a part of it, may take.
    ///   - now: The time that signatures carry.
    package init(
        _ place: S3Place, parts: Parts = Parts(), pauses: [Duration] = [.milliseconds(200), .seconds(1), .seconds(3)],
        deadline: Duration = .seconds(60), readLimit: Duration = .seconds(6 * 3600),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.client = S3Client(place, pauses: pauses, deadline: deadline, now: now)
        self.parts = parts
        self.readLimit = readLimit
    }

    /// `s3://bucket/prefix`.
    package var location: String { self.client.place.description }

    /// Closes all connections.
    package func shutdown() async throws { try await self.client.client.shutdown() }

    /// Puts a file there: at once, or in parts, of which none is visible before the last is there.
    package func put(file: URL, byteCount: Int64, hash: String) async throws {
        guard byteCount >= self.parts.threshold else {
            var call = S3Client.Call(method: .PUT, hash: hash)
            call.body = FilePieces(file: file, offset: 0, length: byteCount)
            call.payload = hash
            call.deadline = .seconds(600)
            _ = try await self.client.ask(call)
            return
        }
        var start = S3Client.Call(method: .POST, hash: hash)
        start.query = [("uploads", "")]
        let answer = try await self.client.ask(start)
        guard let upload = S3Document.value("UploadId", in: answer.text) else {
            throw MediaError("the media store \(self.location) gives no upload's name", kind: .unreachable)
        }
        do {
            var tags: [String] = []
            let size = self.parts.size(for: byteCount)
            for offset in stride(from: 0, to: byteCount, by: Int64.Stride(size)) {
                let part = FilePieces(file: file, offset: offset, length: min(size, byteCount - offset))
                tags.append(try await self.put(part, number: tags.count + 1, of: upload, hash: hash))
            }
            try await self.complete(upload, hash: hash, tags: tags)
        } catch {
            await self.abandon(upload, hash: hash)
            throw error
        }
    }

    private func put(_ part: FilePieces, number: Int, of upload: String, hash: String) async throws -> String {
        var call = S3Client.Call(method: .PUT, hash: hash)
        call.query = [("partNumber", String(number)), ("uploadId", upload)]
        call.body = part
        call.payload = try part.hash()
        call.deadline = .seconds(600)
        guard let tag = try await self.client.ask(call).headers.first(name: "ETag") else {
            throw MediaError("the media store \(self.location) gives no tag for a part", kind: .unreachable)
        }
        return tag
    }

    private func complete(_ upload: String, hash: String, tags: [String]) async throws {
        var call = S3Client.Call(method: .POST, hash: hash)
        call.query = [("uploadId", upload)]
        let text = S3Document.completion(tags)
        call.text = text
        call.payload = S3Signature.hex(SHA256.hash(data: Data(text.utf8)))
        call.deadline = .seconds(600)
        // It answers 200 before it is done, and says then in the body how it went.
        let answer = try await self.client.ask(call)
        guard S3Document.value("Code", in: answer.text) == nil else { throw self.client.refusal(500, answer.text) }
    }

    /// Takes back an upload of parts; what stays behind costs money, so a cancelled task does it too.
    private func abandon(_ upload: String, hash: String) async {
        var call = S3Client.Call(method: .DELETE, hash: hash)
        call.query = [("uploadId", upload)]
        let ready = call
        // Awaited right here: a task of its own only so that our cancellation does not reach it.
        // The error that brought us here is the one to tell, and buckets drop old parts by a rule of their own.
        _ = await Task { try? await self.client.ask(ready, good: [200, 204, 404]) }.value
    }

    /// The size of a file, or `nil` when it is not there.
    package func size(of hash: String) async throws -> Int64? {
        let answer = try await self.client.ask(S3Client.Call(method: .HEAD, hash: hash), good: [200, 404])
        guard answer.status == 200 else { return nil }
        guard let size = answer.headers.first(name: "Content-Length").flatMap({ Int64($0) }) else {
            throw MediaError("the media store \(self.location) gives no size", kind: .unreachable)
        }
        return size
    }

    /// Reads a part of a file piece by piece; a broken answer is asked for again from where it broke.
    package func read(
        _ hash: String, _ range: ClosedRange<Int64>, _ body: (Data) async throws -> Void
    ) async throws {
        var offset = range.lowerBound
        var broken: (any Error)?
        repeat {
            let before = offset
            do {
                try await self.client.repeating {
                    guard offset <= range.upperBound else { return }
                    try await self.readOn(hash, offset...range.upperBound) { piece in
                        do {
                            try await body(piece)
                        } catch {
                            broken = error
                            throw CancellationError()
                        }
                        offset += Int64(piece.count)
                    }
                }
            } catch {
                if let broken { throw broken }
                guard offset > before, S3Client.isPassing(error) else { throw error }
            }
        } while offset <= range.upperBound
    }

    private func readOn(
        _ hash: String, _ range: ClosedRange<Int64>, _ body: (Data) async throws -> Void
    ) async throws {
        var call = S3Client.Call(method: .GET, hash: hash)
        call.extra = [("range", "bytes=\(range.lowerBound)-\(range.upperBound)")]
        let end = ContinuousClock.now + self.readLimit
        let response = try await self.client.client.execute(
            self.client.request(call), timeout: .seconds(60))
        let status = Int(response.status.code)
        guard status == 206 || (status == 200 && range.lowerBound == 0) else {
            let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
            throw self.client.refusal(status, text)
        }
        var remaining = range.upperBound - range.lowerBound + 1
        for try await piece in response.body {
            // The client's own deadline ends with the head of the answer; silence it ends by itself.
            guard ContinuousClock.now < end else {
                throw MediaError("the media store \(self.location) sends too slowly", kind: .configuration)
            }
            guard Int64(piece.readableBytes) <= remaining else {
                throw MediaError("the media store \(self.location) sends more than was asked for")
            }
            remaining -= Int64(piece.readableBytes)
            try await body(Data(piece.readableBytesView))
        }
        try Task.checkCancellation()
        guard remaining == 0 else {
            throw MediaError("the media store \(self.location) broke off", kind: .unreachable)
        }
    }
}
