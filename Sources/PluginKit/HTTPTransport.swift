// SPDX-License-Identifier: MIT

public import Foundation
public import HTTPTypes

/// One request of a plugin to its platform.
public struct HTTPCall: Sendable {
    /// What is sent.
    public enum Body: Sendable {
        /// Nothing.
        case empty
        /// Bytes in memory.
        case bytes(Data)
        /// A part of a file, streamed; `length` bytes from `offset`.
        case file(path: String, offset: Int64, length: Int64)
        /// A part of a file, streamed, between bytes in memory: a form with a large file in it.
        case framed(head: Data, path: String, offset: Int64, length: Int64, tail: Data)
    }

    /// Method, URL and header fields.
    public var request: HTTPRequest
    /// The body.
    public var body: Body
    /// The name of the manifest's rate bucket that this call is counted in.
    public var endpoint: String
    /// How long the whole exchange may take.
    public var deadline: Duration
    /// How large the answer may be, in bytes; a larger one is an error, not a truncation.
    public var maximumResponseBytes: Int
    /// The permit of the fence for a call that has a visible effect; `nil` for everything else.
    public var permit: SendPermit?
    /// As how many calls the platform counts it, and limits are debited: a batch is as many as it has reads.
    public var count = 1
    /// The last moment at which the first byte may leave, when the call was counted in a limit; the host sets it.
    public var notAfter: ContinuousClock.Instant?

    /// Makes a call; 30 s and 1 MiB unless said.
    public init(
        _ request: HTTPRequest, body: Body = .empty, endpoint: String, deadline: Duration = .seconds(30),
        maximumResponseBytes: Int = 1 << 20, permit: SendPermit? = nil
    ) {
        self.request = request
        self.body = body
        self.endpoint = endpoint
        self.deadline = deadline
        self.maximumResponseBytes = maximumResponseBytes
        self.permit = permit
    }
}

/// The complete answer to a call.
public struct HTTPReply: Sendable {
    /// Status and header fields.
    public var response: HTTPResponse
    /// The body.
    public var body: Data

    /// Makes an answer.
    public init(response: HTTPResponse, body: Data = Data()) {
        self.response = response
        self.body = body
    }

    /// The status code.
    public var status: Int { self.response.status.code }

    /// The value of a header field by its name, whatever its case.
    public func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { self.response.headerFields[$0] }
    }
}

/// Why there is no complete answer.
public struct TransportError: Error, Sendable, CustomStringConvertible {
    /// Whether the request can have reached the other side.
    public enum Reach: String, Sendable, Hashable {
        /// Not one byte of it left this process: safe to repeat.
        case notSent
        /// Some of it was, or can have been, written: the other side may have acted.
        case mayHaveArrived
    }

    /// Whether the request can have reached the other side.
    public var reach: Reach
    /// What happened, without the URL's query and without header values.
    public var message: String
    /// Whether the permit had run out before anything could be written: we were too slow, not the platform.
    public var isLate: Bool
    /// Whether the plugin may not ask that address at all: trying again does not help, a person must.
    public var isForbidden = false
    /// The limit that does not allow the call now; it was kept back, and the platform not asked.
    public var limit: LimitReached?
    /// The error below.
    public var underlying: (any Error)?

    /// Makes an error.
    public init(_ reach: Reach, _ message: String, isLate: Bool = false, underlying: (any Error)? = nil) {
        self.reach = reach
        self.message = message
        self.isLate = isLate
        self.underlying = underlying
    }

    /// Makes the error of a call that a limit keeps back.
    public init(_ limit: LimitReached, _ message: String, underlying: (any Error)? = nil) {
        self.init(.notSent, message, underlying: underlying)
        self.limit = limit
    }

    /// Makes the error of a call to an address that the plugin may not ask.
    public static func forbidden(_ message: String) -> Self {
        var error = Self(.notSent, message)
        error.isForbidden = true
        return error
    }

    /// What happened.
    public var description: String {
        "\(self.message) (\(self.reach == .notSent ? "nothing was sent" : "may have arrived"))"
    }
}

/// A limit that does not allow a call now.
public struct LimitReached: Sendable, Hashable {
    /// Who shares it.
    public var scope: PluginError.Scope
    /// The endpoint, when it is one endpoint's.
    public var endpoint: String?
    /// How long it does not, in the world's time.
    public var pause: Duration

    /// Makes a description.
    public init(scope: PluginError.Scope, endpoint: String?, pause: Duration) {
        self.scope = scope
        self.endpoint = endpoint
        self.pause = pause
    }
}

/// Sends requests to platforms: with a deadline, a cap on the answer, no redirects and no repeats of its own.
public protocol HTTPTransport: Sendable {
    /// Sends one request and reads the whole answer, whatever its status.
    ///
    /// A call whose permit or time has run out is refused as `notSent` before anything is written.
    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply
}

extension PluginError {
    /// Turns a failure of the transport into the class that `platforms/README` gives it.
    ///
    /// - Parameters:
    ///   - error: What the transport reported.
    ///   - creates: Whether the call would have left something on the platform that cannot simply be made again.
    public init(_ error: TransportError, creates: Bool) {
        if let limit = error.limit {
            self.init(
                .rateLimited, error.message, retryAfter: limit.pause, scope: limit.scope, endpoint: limit.endpoint,
                underlying: error)
            return
        }
        if error.isForbidden {
            self.init(.needsHuman, error.message, underlying: error)
            return
        }
        let code: Code = creates && error.reach == .mayHaveArrived ? .ambiguousOutcome : .retryAfter
        self.init(code, error.message, underlying: error)
    }
}
