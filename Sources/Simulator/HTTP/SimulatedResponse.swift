// SPDX-License-Identifier: MIT

import HTTPTypes

/// A complete answer of a pretend platform.
struct SimulatedResponse: Sendable {
    var status: Int
    var headers: HTTPFields = [:]
    var body: [UInt8] = []

    /// A JSON answer.
    static func json(_ value: JSONValue, status: Int = 200, type: String = "application/json; charset=utf-8") -> Self {
        Self(status: status, headers: [.contentType: type], body: value.encoded)
    }

    /// An HTML page.
    static func html(_ text: String, status: Int = 200) -> Self {
        Self(status: status, headers: [.contentType: "text/html; charset=utf-8"], body: Array(text.utf8))
    }

    /// A 302 to another address.
    static func redirect(to location: String) -> Self {
        Self(status: 302, headers: [.location: location])
    }

    /// Sets a header by its name; names that HTTP does not allow are left out.
    mutating func set(_ name: String, _ value: String) {
        if let name = HTTPField.Name(name) { self.headers[name] = value }
    }
}

/// What the server does with the connection after the world has decided.
enum Delivery: Sendable {
    /// Sends an answer, later and slowly if a fault says so; the receipt is reported back when it cannot be written.
    case answer(SimulatedResponse, latency: Duration?, bytesPerSecond: Int?, receipt: Ledger.Receipt?)
    /// Closes the connection without an answer.
    case reset(latency: Duration?)
}
