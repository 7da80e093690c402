// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Synchronization

/// Writes every request to the platforms into a file, one JSON line each, whatever is answered.
///
/// Tokens and secrets stand in it as they were sent: a checker of signatures needs them.
final class RequestRecorder: Sendable {
    /// Bytes of a body's beginning that are written.
    private static let headLimit = 65_536
    /// Bytes of a longer body's end that are written too, where the last fields of a form stand.
    private static let tailLimit = 4096

    private struct Line: Encodable {
        var method: String
        var host: String
        var path: String
        var query: String
        var headers: [[String]]
        /// All bytes of the body.
        var size: Int
        /// After how many of the bytes that are written something is left out.
        var cut_at: Int?
        /// How many bytes are left out there.
        var omitted: Int?
        var body: String?
        var body_base64: String?
    }

    private let file: Mutex<FileHandle>

    /// Opens a file to append to; it is made when it does not exist.
    ///
    /// - Throws: ``SimulatorError`` when it cannot be written.
    init(path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw SimulatorError(
                .recordFile, "The file for requests \(path) cannot be written; check its folder and mode.")
        }
        try file.seekToEnd()
        self.file = Mutex(file)
    }

    /// Writes a request down, unless it is for the simulator itself.
    ///
    /// - Parameters:
    ///   - request: what arrived.
    ///   - target: the path and query as they came.
    /// - Throws: what the file throws: a request that cannot be recorded is not answered.
    func record(_ request: SimulatedRequest, target: String) throws {
        guard Platform.serving(request.host) != nil else { return }
        let query = target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) } ?? ""
        var line = Line(
            method: request.method, host: request.host, path: request.path, query: query,
            headers: request.headers.map { [$0.name.canonicalName, $0.value] },
            size: request.streamed?.size ?? request.body.count)
        var bytes = request.body
        if line.size > Self.headLimit + Self.tailLimit {
            // Of a body that was never held as a whole there is no end.
            let tail = request.streamed == nil ? Array(bytes.suffix(Self.tailLimit)) : []
            bytes = bytes.prefix(Self.headLimit) + tail
            line.cut_at = Self.headLimit
            line.omitted = line.size - bytes.count
        }
        if let text = String(validating: bytes, as: UTF8.self) {
            line.body = text
        } else {
            line.body_base64 = Base64.encode(bytes)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(line)
        data.append(0x0A)
        try self.file.withLock { try $0.write(contentsOf: data) }
    }

    deinit { self.file.withLock { try? $0.close() } }
}
