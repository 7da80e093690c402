// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Domain
import Foundation
import HTTPTypes
import NIOCore
import PluginKit

/// The answer is larger than the call allows.
struct AnswerTooLarge: Error {}

extension HTTPClientTransport {
    static let late = TransportError(.notSent, "the permit to send had run out", isLate: true)

    /// Says what happened in words, and whether the request can have arrived.
    static func explain(_ error: any Error, _ state: SendGate.State, _ call: HTTPCall) -> TransportError {
        if state == .late { return self.late }
        let reach: TransportError.Reach = state == .written ? .mayHaveArrived : .notSent
        let host = call.request.authority ?? "the platform"
        let what: String =
            switch error {
            case let error as HTTPClientError: Self.words(error, host, call)
            case is DeadlineExceeded: "no complete answer of \(host) within \(call.deadline)"
            case is AnswerTooLarge: "the answer of \(host) is larger than \(call.maximumResponseBytes) bytes"
            case is CancellationError, is SendRefused: "the call to \(host) was cancelled"
            case let error as IOError: "the connection to \(host) failed: \(error.localReason)"
            case is FileChunks.TooShort: "the file of the request's body became shorter"
            case _ where reach == .notSent: "\(host) cannot be reached: \(type(of: error))"
            default: "the exchange with \(host) failed: \(type(of: error))"
            }
        return TransportError(reach, what, underlying: error)
    }

    private static func words(_ error: HTTPClientError, _ host: String, _ call: HTTPCall) -> String {
        switch error {
        case .deadlineExceeded: "no complete answer of \(host) within \(call.deadline)"
        case .cancelled: "the call to \(host) was cancelled"
        case .getConnectionFromPoolTimeout: "no connection to \(host) became free in time"
        case .connectTimeout: "connecting to \(host) took too long"
        case .tlsHandshakeTimeout: "TLS with \(host) took too long"
        case .remoteConnectionClosed: "\(host) closed the connection without a complete answer"
        default: "the exchange with \(host) failed: \(error.shortDescription)"
        }
    }
}

extension IOError {
    /// The system's words for the error number.
    fileprivate var localReason: String { String(cString: strerror(self.errnoCode)) }
}
