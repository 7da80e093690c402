// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import Logging
import MediaHost
package import PQClient
package import PluginHost
import PluginKit
package import Publishing

/// Everything that a command or worker needs once the database is open: queue, plugins with their way to the platforms, tokens, media.
package struct ServiceContext: Sendable {
    /// The database.
    package let pool: ConnectionPool
    /// The queue.
    package let jobs: JobStore
    /// The world's clock as it was at the start.
    package let world: World
    /// The world's clock as it is now.
    package let mirror: WorldMirror
    /// The plugins with their way to the platforms.
    package let registry: PluginRegistry
    /// The keys that seal credentials.
    package let keys: SecretKeys
    /// The sealed grants.
    package let vault: GrantVault
    /// Fit tokens.
    package let accesses: AccessProvider
    /// The files of posts, and who looks into them.
    package let library: MediaLibrary
    /// The connections to the platforms.
    package let http: PlatformHTTPClient
    /// What stands in for the platforms; `nil` for the real ones.
    package let origin: PlatformOrigin?

    /// The media store.
    package var media: MediaStore { self.library.store }

    /// What the job handlers share.
    package var handlers: HandlerServices {
        HandlerServices(
            pool: self.pool, jobs: self.jobs, registry: self.registry, accesses: self.accesses, media: self.library)
    }
}

extension CommandContext {
    /// Opens the database, checks schema and world, makes the services, runs the body, closes everything.
    ///
    /// - Parameters:
    ///   - role: what the connections are for; shown in `pg_stat_activity`.
    ///   - connections: the most connections.
    ///   - body: what needs the services.
    /// - Returns: the body's result.
    /// - Throws: ``CommandError``: 69 without a database, 73 for an old schema, 78 for a world that does not fit or a missing key; and
    ///   what the body throws.
    package func withServices<Result>(
        role: String = "cli", connections: Int = 4, _ body: (ServiceContext) async throws -> Result
    ) async throws -> Result {
        let platforms = try self.platformSettings()
        let database = try self.databaseSettings()
        let media = try MediaSettings(self.settings, state: self.state)
        return try await self.withPool(role: role, connections: connections) { pool in
            try await Schema(pool: pool).require(world: platforms.world)
            // Without a database that answers nothing else is worth a complaint.
            let keys = try self.secretKeys()
            let links = try platforms.publicURL().map { MediaLinks(base: $0, keys: keys) }
            let world = try await WorldStore(pool: pool).load()
            self.output.hint(
                "\(pool.configuration.location) · schema \(database.schema) · \(world.kind.rawValue) world")
            let origin = platforms.origin.flatMap { PlatformOrigin($0.absoluteString) }
            let http = PlatformHTTPClient(
                PlatformHTTPConfiguration(
                    origin: origin,
                    userAgent: "Posthorn/\(Version.number)", recorder: ExchangeLog()))
            let remote = media.place.map { S3Store($0) }
            let result: Result
            do {
                let now = try await pool.withConnection { db in try await WorldTime.now(on: &db) }
                let mirror = WorldMirror(world, now: now)
                let limits = LimitStore(pool: pool)
                let registry = try PluginRegistry(
                    plugins: self.plugins.map { plugin in
                        let transport = LimitedTransport(
                            http.transport(for: plugin.manifest),
                            limits: PlatformLimits(plugin.manifest, store: limits),
                            reporter: plugin as? any RateReporting.Type)
                        return plugin.init(
                            context: PluginContext(
                                http: transport, clock: mirror.clock, publicMedia: links?.publicMedia(mirror.clock),
                                apiVersion: platforms.apiVersion(plugin.manifest.id.rawValue)))
                    })
                let vault = GrantVault(keys: keys)
                let accesses = AccessProvider(
                    pool: pool, vault: vault, registry: registry, apps: try self.apps(platforms), mirror: mirror)
                result = try await body(
                    ServiceContext(
                        pool: pool, jobs: JobStore(pool: pool), world: world, mirror: mirror, registry: registry,
                        keys: keys, vault: vault, accesses: accesses,
                        library: media.library(remote: remote, pool: pool), http: http, origin: origin))
            } catch {
                // The error that brought us here is the one to tell.
                try? await http.shutdown()
                try? await remote?.shutdown()
                throw error
            }
            try await http.shutdown()
            try await remote?.shutdown()
            return result
        }
    }

    /// The keys that seal credentials: configured, or made by `up` in this folder.
    ///
    /// - Throws: ``CommandError`` with exit code 78 when there is none or it is malformed.
    package func secretKeys() throws -> SecretKeys {
        let configured = try self.settings.secret("secret.key")
        let isEmbedded = try self.databaseSettings().source == .embedded
        let text = try configured ?? (isEmbedded ? SecretKeyFile(self.state).read() : nil)
        guard let text else {
            throw CommandError(
                .configuration, "no key to seal credentials with is configured",
                remedy: "make one with `head -c 32 /dev/urandom | base64 > secret-key`, keep it safe, "
                    + "and set POSTHORN_SECRET_KEY_FILE=secret-key")
        }
        do {
            return try SecretKeys(text)
        } catch {
            throw CommandError(.configuration, error.description)
        }
    }

    private func apps(_ platforms: PlatformSettings) throws -> [PlatformID: AppCredential] {
        var apps: [PlatformID: AppCredential] = [:]
        for manifest in self.manifests {
            guard let app = try platforms.app(manifest.id.rawValue) else { continue }
            apps[manifest.id] = AppCredential(
                id: app.id, secret: app.secret.map { Secret($0) }, login: app.login)
        }
        return apps
    }
}
