// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import PQClient
package import Persistence
package import PluginKit

/// Keeps the agency's registrations with the platforms.
package struct AppService: Sendable {
    let pool: ConnectionPool
    let registry: PluginRegistry
    let keys: SecretKeys

    /// Makes a service.
    package init(pool: ConnectionPool, registry: PluginRegistry, keys: SecretKeys) {
        self.pool = pool
        self.registry = registry
        self.keys = keys
    }

    /// Checks an app before it is added.
    ///
    /// - Throws: `ServiceError` with code `notFound` for an unknown platform, `invalid` for a login that it does not have.
    package func check(_ app: AppRow) throws(ServiceError) {
        if let manifest = self.registry[app.platform]?.manifest {
            guard let login = app.login, !manifest.logins.contains(where: { $0.name == login }) else { return }
            let logins = manifest.logins.map(\.name).joined(separator: ", ")
            throw ServiceError(
                .invalid,
                logins.isEmpty
                    ? "\(manifest.name) has only one login: leave --login out"
                    : "\(manifest.name) has no login '\(login)'; it has \(logins)")
        }
        let known = self.registry.platforms.map(\.rawValue)
        throw ServiceError(
            .notFound,
            "there is no plugin for the platform '\(app.platform)'.\(NearestName.hint(app.platform.rawValue, in: known))"
        )
    }

    /// Adds an app and seals its secret under the agency's key.
    ///
    /// - Throws: `ServiceError`: `notFound` for an unknown platform, `invalid` for a login that it does not have, `conflict` when the name or identity is in use.
    package func add(_ app: AppRow, secret: Secret?) async throws {
        try self.check(app)
        let sealed = try secret.map { try self.keys.seal(Data($0.revealed.utf8), place: GrantVault.place(of: app.id)) }
        do {
            try await self.pool.withConnection { db in
                try await AppRepository.insert(app, masterKey: sealed?.keyID, sealedSecret: sealed?.bytes, on: &db)
            }
        } catch let error as PersistenceError {
            throw ServiceError(.conflict, error.description)
        }
    }

    /// Changes an app that was added: its secret, sealed under the agency's key, or whether the platform approved it.
    ///
    /// - Parameters:
    ///   - reference: The app, as ``choose(_:)`` takes it.
    ///   - secret: The new secret; `nil` leaves it.
    ///   - audit: The new state; `nil` leaves it.
    /// - Returns: The app as it is now.
    /// - Throws: `ServiceError`: `notFound`, or `conflict` for an app of the configuration.
    package func set(_ reference: String, secret: Secret?, audit: AuditState?) async throws -> AppRow {
        var app = try await self.kept(reference)
        let sealed = try secret.map { try self.keys.seal(Data($0.revealed.utf8), place: GrantVault.place(of: app.id)) }
        try await self.pool.withConnection { db in
            try await AppRepository.change(
                app.id, masterKey: sealed?.keyID, sealedSecret: sealed?.bytes, audit: audit, on: &db)
        }
        app.hasSecret = app.hasSecret || sealed != nil
        app.auditState = audit ?? app.auditState
        return app
    }

    /// An app that was added.
    ///
    /// - Throws: `ServiceError`: `notFound`, or `conflict` for an app of the configuration.
    package func kept(_ reference: String) async throws -> AppRow {
        let choice = try await self.choose(reference)
        if let app = choice.app { return app }
        throw ServiceError(
            .conflict,
            "'\(reference)' is the app of the configuration, of which nothing is kept here: its secret is "
                + "POSTHORN_PLATFORM_\(choice.variable)_CLIENT_SECRET"
        )
    }

    /// Lists the apps; of one platform, or of all.
    package func list(platform: PlatformID? = nil) async throws -> [AppRow] {
        try await self.pool.withConnection { db in try await AppRepository.list(platform: platform, on: &db) }
    }

    /// Finds an app by name or identity.
    ///
    /// - Throws: `ServiceError` with code `notFound` that says what was probably meant.
    package func show(_ reference: String) async throws -> AppRow {
        try await self.pool.withConnection { db in
            if let app = try await AppRepository.find(Reference(reference), on: &db) { return app }
            let names = try await AppRepository.list(on: &db).map(\.name)
            throw ServiceError(.notFound, "there is no app '\(reference)'.\(NearestName.hint(reference, in: names))")
        }
    }
}
