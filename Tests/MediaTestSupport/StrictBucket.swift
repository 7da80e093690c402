// SPDX-License-Identifier: MIT

import Crypto
package import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore
package import Synchronization

/// A bucket that believes nothing: it computes every signature on its own, from the request as it arrived, and hashes every body.
package final class StrictBucket: Sendable {
    /// What it holds and saw.
    package struct State {
        /// The objects by path.
        package var objects: [String: Data] = [:]
        /// The parts of uploads that are under way.
        package var uploads: [String: [Int: Data]] = [:]
        /// What was asked.
        package var calls: [String] = []
        /// Why requests were refused.
        package var refusals: [String] = []
        /// How many requests are answered 503 first.
        package var troubles = 0
        /// Answers to reads break off after so many bytes, once.
        package var breaksOffAfter: Int?
    }

    /// The only key's name.
    package static let accessKey = "AKIDEXAMPLE"
    /// The only key.
    package static let secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    /// The session that it belongs to.
    package static let token = "session/token=="
    /// What it holds and saw.
    package let state = Mutex(State())

    /// Makes an empty bucket.
    package init() {}

    /// Answers one request.
    package func answer(_ request: Request) async throws -> Response {
        let body = Data(try await request.body.collect(upTo: 64 << 20).readableBytesView)
        let target = request.head.path ?? "/"
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let problem = self.problem(request, path: pieces[0], query: pieces.count > 1 ? pieces[1] : "", body) {
            self.state.withLock { $0.refusals.append(problem) }
            return Self.error(.forbidden, problem)
        }
        return self.state.withLock { state in
            state.calls.append("\(request.method) \(pieces.count > 1 ? String(pieces[1].prefix { $0 != "=" }) : "")")
            guard state.troubles == 0 else {
                state.troubles -= 1
                return Self.error(.serviceUnavailable, "SlowDown")
            }
            let query = request.uri.queryParameters.reduce(into: [String: String]()) {
                $0[String($1.key)] = String($1.value)
            }
            return Self.serve(&state, request, key: pieces[0], query: query, body)
        }
    }

    private static func serve(
        _ state: inout State, _ request: Request, key: String, query: [String: String], _ body: Data
    ) -> Response {
        switch (request.method, query["uploadId"], query["partNumber"].flatMap { Int($0) }) {
        case (.post, nil, nil):
            guard query["uploads"] != nil else { return Self.error(.badRequest, "InvalidRequest") }
            state.uploads["up&1"] = [:]
            return Self.answer("<R><UploadId>up&amp;1</UploadId></R>")
        case (.put, .some(let upload), .some(let number)):
            guard state.uploads[upload] != nil else { return Self.error(.notFound, "NoSuchUpload") }
            state.uploads[upload]?[number] = body
            return Response(status: .ok, headers: [.eTag: "\"tag-\(number)\""])
        case (.post, .some(let upload), nil):
            guard let parts = state.uploads.removeValue(forKey: upload) else {
                return Self.error(.notFound, "NoSuchUpload")
            }
            let wanted = parts.keys.sorted().map {
                "<Part><PartNumber>\($0)</PartNumber><ETag>\"tag-\($0)\"</ETag></Part>"
            }
            guard
                String(decoding: body, as: UTF8.self)
                    == "<CompleteMultipartUpload>\(wanted.joined())</CompleteMultipartUpload>"
            else { return Self.error(.badRequest, "InvalidPart") }
            state.objects[key] = parts.sorted { $0.key < $1.key }.reduce(into: Data()) { $0 += $1.value }
            return Self.answer("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
        case (.delete, .some(let upload), nil):
            state.uploads[upload] = nil
            return Response(status: .noContent)
        case (.put, nil, nil):
            state.objects[key] = body
            return Response(status: .ok, headers: [.eTag: "\"tag\""])
        case (.head, nil, nil):
            guard let data = state.objects[key] else { return Response(status: .notFound) }
            return Response(status: .ok, headers: [.contentLength: String(data.count)])
        case (.get, nil, nil):
            guard let data = state.objects[key] else { return Self.error(.notFound, "NoSuchKey") }
            let ends = (request.headers[.range] ?? "").dropFirst("bytes=".count).split(separator: "-").compactMap {
                Int($0)
            }
            guard ends.count == 2, ends[1] < data.count else { return Self.error(.rangeNotSatisfiable, "InvalidRange") }
            let part = data[ends[0]...ends[1]]
            let broken = state.breaksOffAfter.take().map { part.prefix($0) }
            var response = Response(
                status: .partialContent, body: ResponseBody(byteBuffer: ByteBuffer(bytes: broken ?? part)))
            if broken != nil { response.headers[.connection] = "close" }
            return response
        default: return Self.error(.methodNotAllowed, "MethodNotAllowed")
        }
    }

    /// Why a request would be refused: what Signature Version 4 says, computed from what came over the wire.
    private func problem(_ request: Request, path: String, query: String, _ body: Data) -> String? {
        func field(_ name: String) -> String? {
            name == "host" ? request.head.authority : HTTPField.Name(name).flatMap { request.headers[$0] }
        }
        guard let authorization = field("authorization"), let time = field("x-amz-date"),
            let said = field("x-amz-content-sha256")
        else { return "MissingSecurityHeader" }
        guard said == Self.hex(SHA256.hash(data: body)) else { return "XAmzContentSHA256Mismatch" }
        guard field("x-amz-security-token") == Self.token else { return "InvalidToken" }
        let words = authorization.split(whereSeparator: { $0 == " " || $0 == "," })
        guard words.first == "AWS4-HMAC-SHA256" else { return "UnknownAlgorithm" }
        func part(_ name: String) -> String {
            words.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) } ?? ""
        }
        let names = part("SignedHeaders").split(separator: ";").map(String.init)
        guard names == names.sorted(),
            Set(["host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"])
                .isSubset(of: names)
        else { return "UnsignedHeaders" }
        let lines = names.map { "\($0):\((field($0) ?? "").trimmingCharacters(in: .whitespaces))\n" }.joined()
        let sorted = query.split(separator: "&").map { $0.contains("=") ? String($0) : "\($0)=" }.sorted()
            .joined(separator: "&")
        let canonical =
            "\(request.method.rawValue)\n\(path)\n\(sorted)\n\(lines)\n\(names.joined(separator: ";"))\n\(said)"
        let scope = "\(time.prefix(8))/eu-test-1/s3/aws4_request"
        guard part("Credential") == "\(Self.accessKey)/\(scope)" else { return "InvalidAccessKeyId" }
        let hashed = Self.hex(SHA256.hash(data: Data(canonical.utf8)))
        var key = SymmetricKey(data: Data("AWS4\(Self.secretKey)".utf8))
        for word in scope.split(separator: "/") {
            key = SymmetricKey(data: Data(HMAC<SHA256>.authenticationCode(for: Data(word.utf8), using: key)))
        }
        let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(hashed)"
        let signature = Self.hex(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
        return part("Signature") == signature ? nil : "SignatureDoesNotMatch"
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func answer(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func error(_ status: HTTPResponse.Status, _ code: String) -> Response {
        self.answer("<Error><Code>\(code)</Code></Error>", status)
    }
}
