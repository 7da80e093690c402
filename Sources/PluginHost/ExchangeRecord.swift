// SPDX-License-Identifier: MIT

package import PluginKit

/// What is kept of one exchange with a platform: enough for its support and for our metrics, without query, header values or bodies.
package struct ExchangeRecord: Sendable {
    /// The method.
    package var method: String
    /// The platform's host, whatever the origin.
    package var host: String
    /// The path without its query.
    package var path: String
    /// The name of the rate bucket.
    package var endpoint: String
    /// The fence's permit, for a call with a visible effect.
    package var permit: SendPermit?
    /// The status of the answer, when there was a complete one.
    package var status: Int?
    /// The platform's identity of the request.
    package var requestID: String?
    /// From the call to the end of the answer or failure.
    package var duration: Duration
    /// The bytes of the request's body.
    package var bytesSent: Int64
    /// The bytes of the answer's body.
    package var bytesReceived: Int
    /// Whether the request can have arrived, when there was no complete answer.
    package var failure: TransportError.Reach?
}

/// Takes note of exchanges; called once for each, from the task that made it.
package protocol ExchangeRecorder: Sendable {
    /// Takes note of one exchange. It must not block.
    func record(_ exchange: ExchangeRecord)
}
