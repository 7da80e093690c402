// SPDX-License-Identifier: MIT

/// What went wrong at a platform, in terms that the core acts on.
///
/// The vocabulary is closed: plugin, database and CLI use the same codes.
public struct PluginError: Error, Sendable, CustomStringConvertible {
    /// The class of a failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible, CaseIterable {
        private enum Base: String, CaseIterable {
            case retryAfter = "retry-after"
            case rateLimited = "rate-limited"
            case reauthorize
            case permanent
            case duplicate
            case needsHuman = "needs-human"
            case ambiguousOutcome = "ambiguous-outcome"
            case unsupported
        }
        private let base: Base
        private init(_ base: Base) { self.base = base }

        /// Parses the text form that the database keeps.
        public init?(_ text: String) {
            guard let base = Base(rawValue: text) else { return nil }
            self.base = base
        }

        /// Nothing took effect; the same step may simply be tried again after a pause.
        public static var retryAfter: Self { .init(.retryAfter) }
        /// The platform asked for a pause of a scope until a time; the job is kept and spends no attempt.
        public static var rateLimited: Self { .init(.rateLimited) }
        /// The access token is not accepted: refresh once, then a person must reconnect the account.
        public static var reauthorize: Self { .init(.reauthorize) }
        /// The platform refuses this content or request for good.
        public static var permanent: Self { .init(.permanent) }
        /// The platform says that it has this content already: look it up; ours is adopted.
        public static var duplicate: Self { .init(.duplicate) }
        /// Only a person can go on (billing, a suspended account, a missing permission).
        public static var needsHuman: Self { .init(.needsHuman) }
        /// The platform may or may not have acted: never repeated without a look.
        public static var ambiguousOutcome: Self { .init(.ambiguousOutcome) }
        /// The plugin cannot do this; refused when planned, so at run time it is a defect.
        public static var unsupported: Self { .init(.unsupported) }

        /// All codes.
        public static var allCases: [Self] { Base.allCases.map(Self.init) }
        /// What to tell a person of a failure of this class that says no more; `nil` for what a person must settle, because only the platform's own
        /// words can say how.
        public var usualNextAction: String? {
            switch self.base {
            case .retryAfter, .ambiguousOutcome:
                "Nothing to do: it is tried again by itself, after a look where it may have taken effect."
            case .rateLimited: "Nothing to do: it goes on by itself when the limit allows."
            case .duplicate: "Nothing to do where it is a post of ours: it is found and kept. Else change the text."
            case .reauthorize, .permanent, .needsHuman, .unsupported: nil
            }
        }

        /// The text form that the database keeps and the CLI shows.
        public var description: String { self.base.rawValue }
    }

    /// What a rate limit or a stop covers.
    public enum Scope: String, Sendable, Hashable, Codable {
        /// This account only.
        case account
        /// The agency's app, with all its accounts.
        case app
        /// One endpoint for this account.
        case endpoint
    }

    /// The class.
    public var code: Code
    /// What the platform said, for a developer; without tokens, bodies and personal data.
    public var message: String
    /// One sentence for the person who has to act, when there is something to do.
    public var nextAction: String?
    /// How long to wait before the next try, when the platform said.
    public var retryAfter: Duration?
    /// How long the first pause of a limit is when the platform named no time and its documents say where to begin; the core lets it grow
    /// while refusals follow each other.
    public var firstPause: Duration?
    /// What is limited or stopped; the account unless said.
    public var scope: Scope
    /// With `reauthorize`: whether the grant's own token was accepted and only no longer opens this account; the grant's other accounts go on.
    public var sparesGrant = false
    /// The endpoint that is limited, by the manifest's bucket name.
    public var endpoint: String?
    /// The part of the input that is refused, when the platform named it.
    public var field: String?
    /// The platform's own code.
    public var platformCode: String?
    /// The HTTP status of the answer.
    public var httpStatus: Int?
    /// The platform's identity of the request, for its support.
    public var requestID: String?
    /// The error below.
    public var underlying: (any Error)?

    /// Makes an error.
    public init(
        _ code: Code, _ message: String, nextAction: String? = nil, retryAfter: Duration? = nil,
        scope: Scope = .account,
        endpoint: String? = nil, field: String? = nil, platformCode: String? = nil, httpStatus: Int? = nil,
        requestID: String? = nil, underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.nextAction = nextAction
        self.retryAfter = retryAfter
        self.scope = scope
        self.endpoint = endpoint
        self.field = field
        self.platformCode = platformCode
        self.httpStatus = httpStatus
        self.requestID = requestID
        self.underlying = underlying
    }

    /// The class and what the platform said.
    public var description: String { "\(self.code): \(self.message)" }
}
