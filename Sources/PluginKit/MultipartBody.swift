// SPDX-License-Identifier: MIT

public import Foundation

/// A `multipart/form-data` body (RFC 7578) in memory.
public struct MultipartBody: Sendable {
    /// The text between the parts.
    public let boundary: String
    private var bytes = Data()

    /// Begins an empty body.
    ///
    /// - Parameter boundary: A text that does not occur in any part; random unless given.
    public init(boundary: String = "posthorn-\(UUID().uuidString.lowercased())") { self.boundary = boundary }

    /// The value of the `Content-Type` header field.
    public var contentType: String { "multipart/form-data; boundary=\(self.boundary)" }

    /// The whole body with its closing boundary.
    public var data: Data { self.bytes + Data("--\(self.boundary)--\r\n".utf8) }

    /// The body with a part of a file as its last field, streamed: of the file nothing is held in memory.
    ///
    /// - Parameters:
    ///   - name: The name of the field.
    ///   - filename: The name that the platform sees.
    ///   - type: The MIME type.
    ///   - path: Where the file is.
    ///   - offset: The first byte that is sent.
    ///   - length: How many bytes are sent.
    /// - Returns: The body of a call.
    public func streaming(
        _ name: String, filename: String, type: String, path: String, offset: Int64 = 0, length: Int64
    ) -> HTTPCall.Body {
        let tail = Data("\r\n--\(self.boundary)--\r\n".utf8)
        return .framed(
            head: self.bytes + self.head(name, filename: filename, type: type), path: path, offset: offset,
            length: length, tail: tail)
    }

    private func head(_ name: String, filename: String, type: String) -> Data {
        let fields =
            "Content-Disposition: form-data; name=\"\(name)\"; filename=\"\(filename)\"\r\nContent-Type: \(type)\r\n\r\n"
        return Data("--\(self.boundary)\r\n\(fields)".utf8)
    }

    /// Adds a text field.
    public mutating func add(_ name: String, _ value: String) {
        self.bytes += Data(
            "--\(self.boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }

    /// Adds a file.
    public mutating func add(_ name: String, filename: String, type: String, _ content: Data) {
        self.bytes += self.head(name, filename: filename, type: type) + content + Data("\r\n".utf8)
    }
}
