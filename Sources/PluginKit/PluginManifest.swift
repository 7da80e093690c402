// SPDX-License-Identifier: MIT

public import Domain

/// What a plugin is and can do, as data: CLI, validation and registry are driven by it.
public struct PluginManifest: Sendable, Hashable, Codable {
    /// Something that a plugin can do.
    public enum Capability: String, Sendable, Hashable, Codable, CaseIterable {
        /// Publishes.
        case publish
        /// Resumes what the platform works on.
        case resume
        /// Finds out whether a send took effect.
        case reconcile
        /// Promotes.
        case boost
        /// Reads metrics.
        case metrics
        /// Connects accounts and renews tokens.
        case connect
        /// Deletes.
        case delete
        /// Lists the accounts that a grant opens.
        case accounts
        /// Says how a token stands.
        case inspect
        /// Lists what an account posted before.
        case history
        /// Takes OAuth 1.0a besides.
        case oauth1
        /// Understands what the platform tells by webhooks.
        case webhooks
        /// Reads a comment.
        case comments
        /// Says whether the platform knows an app.
        case registration
    }

    /// One of several ways in which people let an app act for their accounts.
    public struct Login: Sendable, Hashable, Codable {
        /// Its word, as `posthorn app add --login` takes it.
        public var name: String
        /// The OAuth scopes to ask for.
        public var scopes: [String]

        /// Makes a description.
        public init(_ name: String, scopes: [String]) {
            self.name = name
            self.scopes = scopes
        }
    }

    /// The platform.
    public var id: PlatformID
    /// The name that people see.
    public var name: String
    /// The version of the plugin contract that it was written for.
    public var contract: Int
    /// The version of the platform's API.
    public var apiVersion: String
    /// The hosts that the plugin talks to; the transport refuses others.
    public var hosts: [String]
    /// What it can do.
    public var capabilities: Set<Capability>
    /// What it can publish, with limits.
    public var formats: [FormatLimits]
    /// The day on which the limits were read from the platform's documentation, `YYYY-MM-DD`.
    public var limitsReadOn: String
    /// The OAuth scopes to ask for.
    public var scopes: [String]
    /// The platform's rate limits.
    public var rateBuckets: [RateBucket]
    /// How long an access token lives and how it is renewed.
    public var tokens: TokenLife
    /// What can be boosted.
    public var boost: BoostLimits?
    /// The metrics it reads, with definitions.
    public var metrics: [MetricDefinition]
    /// At which ages of a publication its metrics are read, ascending; the last one is the end.
    public var metricAges: [Duration]
    /// How many publications one metrics call reads at most.
    public var metricsBatch: Int
    /// The fields of a credential file.
    public var credentialFields: [CredentialField]
    /// How long after a send the platform's own lists may lack it.
    public var listingLag: Duration
    /// The settings that a post may carry.
    public var settings: [Setting]
    /// What calls cost, for platforms that charge.
    public var costs: [CallCost]
    /// The other platforms whose accounts the same tokens open, and whose boosts the same ad accounts pay for.
    public var sharesTokensWith: [PlatformID]
    /// Whether the platform refuses a post that says what an earlier one of the account said.
    public var refusesDuplicates: Bool
    /// The logins that an app can be registered for, the usual one first; empty where there is only one.
    public var logins: [Login]
    /// What the platform wants of an app.
    public var app: AppTerms

    /// Makes a manifest.
    public init(
        id: PlatformID, name: String, contract: Int = PluginManifest.currentContract, apiVersion: String,
        hosts: [String],
        capabilities: Set<Capability>, formats: [FormatLimits], limitsReadOn: String, scopes: [String] = [],
        rateBuckets: [RateBucket] = [], tokens: TokenLife = TokenLife(), boost: BoostLimits? = nil,
        metrics: [MetricDefinition] = [], metricAges: [Duration] = PluginManifest.usualMetricAges,
        metricsBatch: Int = 1,
        credentialFields: [CredentialField] = [], listingLag: Duration = .seconds(15), settings: [Setting] = [],
        costs: [CallCost] = [], logins: [Login] = [], sharesTokensWith: [PlatformID] = [],
        refusesDuplicates: Bool = false, app: AppTerms = AppTerms()
    ) {
        self.id = id
        self.name = name
        self.contract = contract
        self.apiVersion = apiVersion
        self.hosts = hosts
        self.capabilities = capabilities
        self.formats = formats
        self.limitsReadOn = limitsReadOn
        self.scopes = scopes
        self.rateBuckets = rateBuckets
        self.tokens = tokens
        self.boost = boost
        self.metrics = metrics
        self.metricAges = metricAges
        self.metricsBatch = metricsBatch
        self.credentialFields = credentialFields
        self.listingLag = listingLag
        self.settings = settings
        self.costs = costs
        self.sharesTokensWith = sharesTokensWith
        self.refusesDuplicates = refusesDuplicates
        self.logins = logins
        self.app = app
    }

    /// The OAuth scopes to ask for with an app of a login; those of the usual one when `nil`.
    public func scopes(of login: String?) -> [String] {
        self.logins.first { $0.name == login }?.scopes ?? self.scopes
    }

    /// The version of the contract in this source.
    public static let currentContract = 1

    /// +15 min, 1 h, 6 h, 24 h, 3 d, 7 d, 29 d.
    public static let usualMetricAges: [Duration] = [
        .seconds(900), .seconds(3600), .seconds(21_600), .seconds(86_400), .seconds(259_200), .seconds(604_800),
        .seconds(2_505_600),
    ]

    /// The limits of a format, when the platform has it.
    public func limits(of format: PostFormat) -> FormatLimits? { self.formats.first { $0.format == format } }
}

/// What one format may hold.
public struct FormatLimits: Sendable, Hashable, Codable {
    /// The format.
    public var format: PostFormat
    /// The most characters of a part, in the platform's own counting.
    public var textLength: Int
    /// How the platform counts: `characters` or `weighted`.
    public var textUnit: String
    /// The fewest parts.
    public var minimumParts: Int
    /// The most parts.
    public var maximumParts: Int
    /// The fewest files of a part.
    public var minimumMedia: Int
    /// The most files of a part.
    public var maximumMedia: Int
    /// The MIME types that are taken, with the most bytes of each.
    public var mediaTypes: [String: Int64]
    /// The most characters of an alternative text.
    public var altTextLength: Int
    /// What the files' insides must be like.
    public var mediaRules: [MediaRule]

    /// Makes limits.
    public init(
        format: PostFormat, textLength: Int, textUnit: String = "characters", parts: ClosedRange<Int> = 1...1,
        media: ClosedRange<Int> = 0...0, mediaTypes: [String: Int64] = [:], altTextLength: Int = 0,
        mediaRules: [MediaRule] = []
    ) {
        self.format = format
        self.textLength = textLength
        self.textUnit = textUnit
        self.minimumParts = parts.lowerBound
        self.maximumParts = parts.upperBound
        self.minimumMedia = media.lowerBound
        self.maximumMedia = media.upperBound
        self.mediaTypes = mediaTypes
        self.altTextLength = altTextLength
        self.mediaRules = mediaRules
    }
}

/// One of a platform's rate limits.
public struct RateBucket: Sendable, Hashable, Codable {
    /// What a platform counts.
    public enum Counts: String, Sendable, Hashable, Codable {
        /// Calls, whatever comes of them.
        case calls
        /// What became visible: calls that were refused do not count.
        case posts
    }

    /// The name that calls refer to.
    public var endpoint: String
    /// Who shares it.
    public var scope: PluginError.Scope
    /// How many calls.
    public var calls: Int
    /// In which time.
    public var window: Duration
    /// What is counted.
    public var counts: Counts
    /// Which formats go there, where they are not all that the platform has.
    public var formats: [PostFormat]?
    /// What calls are made for; `nil` when that is not said: then anything may make them.
    public var callers: Callers?

    /// What the calls of an endpoint are made for.
    ///
    /// What is in neither set makes none.
    public struct Callers: Sendable, Hashable, Codable {
        /// What never does without them.
        public var always: Set<PluginManifest.Capability>
        /// What makes them now and then.
        public var sometimes: Set<PluginManifest.Capability>

        /// Makes a description.
        public init(
            always: Set<PluginManifest.Capability> = [], sometimes: Set<PluginManifest.Capability> = []
        ) {
            self.always = always
            self.sometimes = sometimes
        }
    }

    /// Makes a bucket.
    public init(
        endpoint: String, scope: PluginError.Scope, calls: Int, window: Duration, counts: Counts = .calls,
        formats: [PostFormat]? = nil, callers: Callers? = nil
    ) {
        self.counts = counts
        self.formats = formats
        self.callers = callers
        self.endpoint = endpoint
        self.scope = scope
        self.calls = calls
        self.window = window
    }
}

/// How long tokens live.
public struct TokenLife: Sendable, Hashable, Codable {
    /// The life of an access token; `nil` when it does not end.
    public var accessToken: Duration?
    /// Whether a refresh token is used up by using it.
    public var refreshRotates: Bool
    /// How long before its end a token is renewed, where it must still live for that; minutes before unless said.
    public var renewBefore: Duration?

    /// Makes a description.
    public init(accessToken: Duration? = nil, refreshRotates: Bool = false, renewBefore: Duration? = nil) {
        self.accessToken = accessToken
        self.refreshRotates = refreshRotates
        self.renewBefore = renewBefore
    }
}

/// One metric and what the platform means by it.
public struct MetricDefinition: Sendable, Hashable, Codable {
    /// The common name.
    public var name: MetricName
    /// The platform's own field.
    public var field: String
    /// What it counts.
    public var meaning: String

    /// Makes a definition.
    public init(_ name: MetricName, field: String, _ meaning: String) {
        self.name = name
        self.field = field
        self.meaning = meaning
    }
}

/// One field of a credential file.
public struct CredentialField: Sendable, Hashable, Codable {
    /// The key: `access_token`, `refresh_token`, `expires_at`, `scope`, or one of `extra`.
    public var name: String
    /// Whether it must be there.
    public var isRequired: Bool
    /// What it is and where to get it.
    public var help: String

    /// Makes a field.
    public init(_ name: String, isRequired: Bool, _ help: String) {
        self.name = name
        self.isRequired = isRequired
        self.help = help
    }
}

/// One setting of a post.
public struct Setting: Sendable, Hashable, Codable {
    /// The name, as given with `--set platform.name=value`.
    public var name: String
    /// The values that are taken; empty for any text.
    public var values: [String]
    /// What it does.
    public var help: String
    /// Whether the same words with another value are another post, and no repetition: what it answers, the answers of a poll.
    public var makesAnother: Bool

    /// Makes a setting.
    public init(_ name: String, values: [String] = [], makesAnother: Bool = false, _ help: String) {
        self.name = name
        self.values = values
        self.makesAnother = makesAnother
        self.help = help
    }
}

/// What the platform charges the agency for one kind of call.
public struct CallCost: Sendable, Hashable, Codable {
    /// What is done: `post`, `post with a URL`, `read`.
    public var action: String
    /// The price of one in millionths of a US dollar; `nil` when the platform charges for it and the documents name no price.
    public var microdollars: Int64?
    /// The day on which the price was read, `YYYY-MM-DD`.
    public var readOn: String

    /// Makes a price.
    public init(_ action: String, microdollars: Int64?, readOn: String) {
        self.action = action
        self.microdollars = microdollars
        self.readOn = readOn
    }
}
