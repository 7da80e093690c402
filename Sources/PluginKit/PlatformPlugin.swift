// SPDX-License-Identifier: MIT

/// Code that translates between Posthorn and one platform.
///
/// It never stores, sleeps, retries or schedules, keeps nothing between calls and may be called from many tasks at
/// once.
public protocol PlatformPlugin: Sendable {
    /// What the plugin is and can do.
    var manifest: PluginManifest { get }

    /// Checks content against the platform's rules: pure and quick.
    func validate(_ content: PostContent) -> [ValidationIssue]

    /// Publishes, or goes on where an earlier try stopped.
    func publish(_ request: PublishRequest, _ context: any EffectContext) async throws(PluginError) -> PublishOutcome
}

/// A plugin that is linked into the binary.
public protocol CompiledPlugin: PlatformPlugin {
    /// What the plugin is and can do.
    static var manifest: PluginManifest { get }
    /// Makes the plugin; no I/O.
    init(context: PluginContext)
}

extension CompiledPlugin {
    /// What the plugin is and can do.
    public var manifest: PluginManifest { Self.manifest }
}

/// What a plugin is given when it is made.
public struct PluginContext: Sendable {
    /// The way to the platform.
    public var http: any HTTPTransport
    /// The time of the world that the platform lives in.
    public var clock: WorldClock
    /// Public addresses of files; `nil` when the world cannot reach this installation.
    public var publicMedia: PublicMedia?
    /// The version of the platform's API to speak, when the operator chose another than the manifest's.
    public var apiVersion: String?

    /// Makes a context.
    public init(
        http: any HTTPTransport, clock: WorldClock = .system, publicMedia: PublicMedia? = nil,
        apiVersion: String? = nil
    ) {
        self.http = http
        self.clock = clock
        self.publicMedia = publicMedia
        self.apiVersion = apiVersion
    }
}

/// A plugin whose platform takes its time: `publish` may answer `pending`.
public protocol DeferredPublishing: PlatformPlugin {
    /// Asks how far the platform is. Once published, it is never asked again.
    func resume(
        _ state: PluginState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome
}

/// A plugin that can find out whether a send took effect.
public protocol Reconciling: PlatformPlugin {
    /// Looks for what was sent, by its content and time, never by being the newest.
    func find(_ send: UnknownSend) async throws(PluginError) -> Finding
}

/// A plugin that can delete what it published.
public protocol Deleting: PlatformPlugin {
    /// Deletes; something that is not there counts as deleted.
    func delete(_ post: RemotePost, _ access: AccountAccess) async throws(PluginError)
}
