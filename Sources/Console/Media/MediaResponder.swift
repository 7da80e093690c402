// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PluginKit
import Publishing

/// Hands files out under signed, ending addresses: streamed, in parts where asked for, never by a redirect.
struct MediaResponder: HTTPResponder {
    let shelf: MediaShelf
    let state: ServeState
    let logger: Logger
    private let files = FileIO()
    /// Bytes that are read at once; some of these are read ahead for each connection.
    private static let piece = 32 * 1024
    /// Bytes that are asked of a remote store at once, and held for a connection.
    private static let remotePiece = 1 << 21

    init(shelf: MediaShelf, state: ServeState, logger: Logger) {
        self.shelf = shelf
        self.state = state
        self.logger = logger
    }

    func respond(to request: Request, context: ConsoleContext) async throws -> Response {
        let response = try await self.answer(request, context)
        self.state.answered(response.status.code)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        guard request.method == .get || request.method == .head else { return .onlyReads }
        guard let links = self.shelf.links else {
            return .plain(.notFound, "This installation hands no files out: it has no public address.\n")
        }
        let query = request.uri.queryParameters.reduce(into: [String: String]()) {
            $0[String($1.key)] = String($1.value)
        }
        switch links.open(path: request.uri.path, query: query, at: self.shelf.clock.now()) {
        case .elsewhere: return .plain(.notFound, "There is nothing at this address.\n")
        case .foreign:
            return .plain(
                .forbidden, "This address was not made by this installation, or it was changed on the way.\n")
        case .ended: return .plain(.gone, "This address has ended. A new attempt to publish makes a new one.\n")
        case .file(let hash, let type): return try await self.hand(out: hash, type, request, context)
        }
    }

    private func hand(
        out hash: String, _ type: String, _ request: Request, _ context: ConsoleContext
    ) async throws -> Response {
        let found: Int64?
        do {
            found = try await self.shelf.store.size(of: hash)
        } catch let error as MediaError {
            self.logger.warning("the media store does not answer", metadata: ["reason": "\(error)"])
            return .plain(.serviceUnavailable, "The media store does not answer; ask again later.\n")
        }
        guard let size = found.map({ Int($0) }) else {
            self.logger.warning(
                "an address of a file that is not in the media store was asked for: is POSTHORN_MEDIA_STORE the workers'?",
                metadata: ["media.hash": "\(hash)"])
            return .plain(.notFound, "The file is not in the media store any more.\n")
        }
        let tag = "\"\(hash)\""
        var headers: HTTPFields = [
            .contentType: type, .acceptRanges: "bytes", .eTag: tag, .cacheControl: "private, no-transform",
            .xContentTypeOptions: "nosniff",
        ]
        if Self.names(request.headers[.ifNoneMatch], tag) {
            headers[.contentLength] = String(size)
            return Response(status: .notModified, headers: headers)
        }
        // A part of another file is of no use: then the whole is sent. Parts are for GET alone.
        let isSame = request.headers[.ifRange].map { $0 == tag } ?? true
        let field = isSame && request.method == .get ? request.headers[.range] : nil
        switch ByteRange(field, of: size) {
        case .outside:
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        case .whole: return try await self.stream(hash, 0...(size - 1), .ok, headers, context)
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(size)"
            return try await self.stream(hash, range, .partialContent, headers, context)
        }
    }

    /// The file goes out in pieces, each when the one before was taken.
    private func stream(
        _ hash: String, _ range: ClosedRange<Int>, _ status: HTTPResponse.Status, _ headers: HTTPFields,
        _ context: ConsoleContext
    ) async throws -> Response {
        var headers = headers
        headers[.contentLength] = String(range.count)
        let state = self.state
        if let remote = self.shelf.store.remote {
            let body = ResponseBody(contentLength: range.count) { writer in
                for start in stride(from: range.lowerBound, through: range.upperBound, by: Self.remotePiece) {
                    try await context.waitForConnection()
                    let end = min(range.upperBound, start + Self.remotePiece - 1)
                    let piece = try await Self.read(hash, Int64(start)...Int64(end), from: remote)
                    state.sent(piece.readableBytes)
                    try await writer.write(piece)
                }
                try await writer.finish(nil)
            }
            return Response(status: status, headers: headers, body: body)
        }
        let path = self.shelf.store.path(of: hash)
        let file = try await self.files.loadFile(path: path, range: range, context: context, chunkLength: Self.piece)
        let body = file.map { piece in
            try await context.waitForConnection()
            state.sent(piece.readableBytes)
            return piece
        }
        return Response(status: status, headers: headers, body: body)
    }

    private static func read(
        _ hash: String, _ range: ClosedRange<Int64>, from remote: any RemoteMedia
    ) async throws -> ByteBuffer {
        var buffer = ByteBuffer()
        try await remote.read(hash, range) { buffer.writeBytes($0) }
        return buffer
    }

    private static func names(_ field: String?, _ tag: String) -> Bool {
        guard let field else { return false }
        return field.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .contains { $0 == tag || $0 == "*" || $0 == "W/\(tag)" }
    }
}
