// SPDX-License-Identifier: MIT

package import Domain
package import PluginKit

/// A plugin with what it can do, looked up once: dispatch is a dictionary look-up and a call.
package struct RegisteredPlugin: Sendable {
    /// What it is and can do.
    package let manifest: PluginManifest
    /// Publishes.
    package let plugin: any PlatformPlugin
    /// Resumes, where it can.
    package let deferred: (any DeferredPublishing)?
    /// Finds what was sent, where it can.
    package let reconciling: (any Reconciling)?
    /// Promotes, where it can.
    package let boosting: (any Boosting)?
    /// Asks whether an ad account may be used, where it can.
    package let adAccounts: (any AdAccountChecking)?
    /// Reads metrics, where it can.
    package let metrics: (any MetricsFetching)?
    /// Connects and refreshes, where it can.
    package let connecting: (any AccountConnecting)?
    /// Deletes, where it can.
    package let deleting: (any Deleting)?
    /// Lists the accounts of a grant, where it can.
    package let listing: (any AccountListing)?
    /// Lists the ad accounts of a grant, where it can.
    package let adAccountListing: (any AdAccountListing)?
    /// Says how a token stands, where it can.
    package let inspecting: (any TokenInspecting)?
    /// Says whether the platform knows an app, where it can.
    package let appChecking: (any AppChecking)?
    /// Lists what an account posted before, where it can.
    package let history: (any HistoryListing)?
    /// Connects by OAuth 1.0a besides, where it can.
    package let oauth1: (any OAuth1Connecting)?
    /// Knows what calls cost, where the platform charges for them.
    package let charging: (any Charging)?
    /// Understands what the platform tells, where it can.
    package let webhooks: (any WebhookReceiving)?
    /// Reads a comment, where it can.
    package let comments: (any CommentReading)?
    /// Has rules that depend on how an account was connected, where it does.
    package let accountAware: (any AccountAware)?

    init(_ plugin: any PlatformPlugin) throws(RegistryError) {
        let manifest = plugin.manifest
        guard manifest.contract == PluginManifest.currentContract else {
            throw RegistryError(
                "plugin \(manifest.id) was written for contract \(manifest.contract); this Posthorn speaks "
                    + "\(PluginManifest.currentContract). Use a plugin and a Posthorn of the same contract.")
        }
        self.manifest = manifest
        self.plugin = plugin
        self.deferred = plugin as? any DeferredPublishing
        self.reconciling = plugin as? any Reconciling
        self.boosting = plugin as? any Boosting
        self.adAccounts = plugin as? any AdAccountChecking
        self.metrics = plugin as? any MetricsFetching
        self.connecting = plugin as? any AccountConnecting
        self.deleting = plugin as? any Deleting
        self.listing = plugin as? any AccountListing
        self.adAccountListing = plugin as? any AdAccountListing
        self.inspecting = plugin as? any TokenInspecting
        self.appChecking = plugin as? any AppChecking
        self.history = plugin as? any HistoryListing
        self.oauth1 = plugin as? any OAuth1Connecting
        self.charging = plugin as? any Charging
        self.webhooks = plugin as? any WebhookReceiving
        self.comments = plugin as? any CommentReading
        self.accountAware = plugin as? any AccountAware
        let found: [PluginManifest.Capability: Bool] = [
            .resume: self.deferred != nil, .reconcile: self.reconciling != nil, .boost: self.boosting != nil,
            .metrics: self.metrics != nil, .connect: self.connecting != nil, .delete: self.deleting != nil,
            .accounts: self.listing != nil, .inspect: self.inspecting != nil, .history: self.history != nil,
            .oauth1: self.oauth1 != nil, .webhooks: self.webhooks != nil,
            .comments: self.comments != nil, .registration: self.appChecking != nil,
        ]
        for (capability, isThere) in found where manifest.capabilities.contains(capability) != isThere {
            throw RegistryError(
                "plugin \(manifest.id) \(isThere ? "has" : "declares") the capability '\(capability.rawValue)' but does not "
                    + "\(isThere ? "declare" : "have") it. Make manifest and conformances agree.")
        }
    }
}

/// A set of plugins that cannot work together.
package struct RegistryError: Error, CustomStringConvertible {
    /// What is wrong and what to do.
    package var description: String

    init(_ description: String) { self.description = description }
}

/// The plugins of this process by platform.
package struct PluginRegistry: Sendable {
    private let plugins: [PlatformID: RegisteredPlugin]

    /// Checks and registers plugins.
    ///
    /// - Throws: `RegistryError` for two plugins of one platform, another contract version, or a manifest that does not fit its plugin.
    package init(plugins: [any PlatformPlugin]) throws {
        var registered: [PlatformID: RegisteredPlugin] = [:]
        for plugin in plugins {
            let entry = try RegisteredPlugin(plugin)
            guard registered.updateValue(entry, forKey: entry.manifest.id) == nil else {
                throw RegistryError("two plugins are for the platform '\(entry.manifest.id)'. Leave one of them out.")
            }
        }
        self.plugins = registered
    }

    /// The plugin of a platform.
    package subscript(platform: PlatformID) -> RegisteredPlugin? { self.plugins[platform] }

    /// A platform and those of this process that share its tokens and ad accounts, the platform itself first.
    package func family(of platform: PlatformID) -> [PlatformID] {
        let others = (self[platform]?.manifest.sharesTokensWith ?? []).filter { self[$0] != nil && $0 != platform }
        return [platform] + others
    }

    /// Whether what an account posted can be read on a platform, and costs nothing.
    package func readsForFree(_ platform: PlatformID) -> Bool {
        guard let plugin = self[platform], plugin.history != nil else { return false }
        return plugin.charging?.charges(for: .ownPosts(1)).isEmpty ?? true
    }

    /// All platforms, sorted.
    package var platforms: [PlatformID] { self.plugins.keys.sorted() }
}
