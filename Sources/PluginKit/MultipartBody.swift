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

    /// Adds a text field.
    public mutating func add(_ name: String, _ value: String) {
        self.bytes += Data(
            "--\(self.boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }

    /// Adds a file.
    public mutating func add(_ name: String, filename: String, type: String, _ content: Data) {
        let head =
            "Content-Disposition: form-data; name=\"\(name)\"; filename=\"\(filename)\"\r\nContent-Type: \(type)\r\n\r\n"
        self.bytes += Data("--\(self.boundary)\r\n\(head)".utf8) + content + Data("\r\n".utf8)
    }
}
