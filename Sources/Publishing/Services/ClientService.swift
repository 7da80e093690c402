// SPDX-License-Identifier: MIT

import Domain
import JobQueue
package import PQClient
package import Persistence

/// A client as a person describes it.
package struct NewClient: Sendable {
    /// The short name.
    package var slug: String
    /// The name; the slug when `nil`.
    package var name: String?
    /// The IANA time zone.
    package var timeZone: String
    /// The currency of reports.
    package var currency: String
    /// The share when work is scarce.
    package var weight: Int
    /// What happens to a send that nobody can prove or disprove.
    package var onUnknown: UnknownPolicy
    /// What happens to a post that could not be published at its time.
    package var missed: MissedWindow

    /// Makes a description.
    package init(
        slug: String, name: String? = nil, timeZone: String, currency: String = "EUR", weight: Int = 1,
        onUnknown: UnknownPolicy = .hold, missed: MissedWindow = MissedWindow()
    ) {
        self.slug = slug
        self.name = name
        self.timeZone = timeZone
        self.currency = currency
        self.weight = weight
        self.onUnknown = onUnknown
        self.missed = missed
    }

    /// Checks the description.
    ///
    /// - Throws: `ServiceError` with code `invalid`.
    func checked() throws(ServiceError) -> ClientRow {
        guard let slug = Slug(rawValue: self.slug) else {
            throw ServiceError(
                .invalid,
                "'\(self.slug)' is no slug: use 1 to 63 lower-case letters, digits and hyphens, as in acme-shoes")
        }
        let zone: ZoneID
        do {
            zone = try ZoneID(parsing: self.timeZone)
        } catch {
            throw ServiceError(.invalid, error.message)
        }
        guard let currency = Currency(rawValue: self.currency) else {
            throw ServiceError(
                .invalid, "'\(self.currency)' is no currency: use an ISO 4217 code such as EUR, USD or JPY")
        }
        guard (1...100).contains(self.weight) else {
            throw ServiceError(.invalid, "the weight is \(self.weight): use 1 to 100")
        }
        return ClientRow(
            slug: slug, name: self.name ?? slug.rawValue, timeZone: zone.rawValue, currency: currency,
            weight: self.weight, onUnknown: self.onUnknown, missed: self.missed)
    }
}

/// Adds clients and pauses their work.
package struct ClientService: Sendable {
    let pool: ConnectionPool

    /// Makes a service.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Adds a client, with a brand of its name.
    ///
    /// - Throws: `ServiceError` with code `invalid`, or `conflict` when the slug is in use.
    package func add(_ new: NewClient, actor: String) async throws -> ClientRow {
        let client = try new.checked()
        return try await self.pool.withTransaction { db in
            do {
                try await ClientRepository.insert(client, on: &db)
            } catch let error as PersistenceError where error.code == .nameTaken {
                throw ServiceError(.conflict, error.description)
            }
            try await JobStore(pool: self.pool).setWeight(client.weight, of: client.id, on: &db)
            _ = try await BrandRepository.findOrInsert(client.name, of: client.id, on: &db)
            try await StateChanges.append(
                [
                    StateChange(
                        client: client.id, kind: .client, subject: client.id.uuid, actor: actor, from: nil,
                        to: client.state.rawValue)
                ], on: &db)
            return try await ClientDirectory.client(client.slug.rawValue, on: &db)
        }
    }

    /// Checks a client as `add` does, and writes nothing.
    package func check(_ new: NewClient) async throws -> ClientRow {
        let client = try new.checked()
        let isTaken = try await self.pool.withConnection { db in
            try await ClientRepository.find(.name(client.slug.rawValue), on: &db) != nil
        }
        guard !isTaken else {
            throw ServiceError(.conflict, "a client '\(client.slug)' is there already: choose another slug")
        }
        return client
    }

    /// Lists clients by slug; archived and erased ones only when asked for.
    package func list(all: Bool = false) async throws -> [ClientRow] {
        try await self.pool.withConnection { db in
            all
                ? try await ClientRepository.list(states: ClientState.allCases, on: &db)
                : try await ClientRepository.list(on: &db)
        }
    }

    /// Finds a client by slug or identity, with its accounts.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func show(_ reference: String) async throws -> ClientDirectory {
        try await self.pool.withConnection { db in try await ClientDirectory.load(reference, on: &db) }
    }

    /// Says what happens to sends of a client that nobody can prove or disprove.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func setPolicy(
        _ reference: String, onUnknown policy: UnknownPolicy, actor: String, reason: String?
    ) async throws -> ClientRow {
        try await self.pool.withTransaction(retrying: 3) { db in
            let client = try await ClientDirectory.client(reference, on: &db)
            try await ClientRepository.setPolicy(client.id, onUnknown: policy, actor: actor, reason: reason, on: &db)
            return try await ClientDirectory.client(client.slug.rawValue, on: &db)
        }
    }

    /// Says what happens to posts of a client that could not be published at their time.
    ///
    /// - Parameters:
    ///   - reference: The client's slug or identity.
    ///   - actor: Who says so.
    ///   - reason: Why.
    ///   - change: What is changed of what is there.
    /// - Returns: The client as it is now.
    /// - Throws: `ServiceError` with code `notFound`.
    package func setMissed(
        _ reference: String, actor: String, reason: String?, _ change: (inout MissedWindow) -> Void
    ) async throws -> ClientRow {
        try await self.pool.withTransaction(retrying: 3) { db in
            let client = try await ClientDirectory.client(reference, on: &db)
            var missed = client.missed
            change(&missed)
            try await ClientRepository.setMissed(client.id, to: missed, actor: actor, reason: reason, on: &db)
            return try await ClientDirectory.client(client.slug.rawValue, on: &db)
        }
    }

    /// Changes a client's share when work is scarce.
    ///
    /// - Throws: `ServiceError` with code `notFound`, or `invalid` for a weight outside of 1 to 100.
    package func setWeight(_ reference: String, _ weight: Int, actor: String, reason: String?) async throws -> ClientRow
    {
        guard (1...100).contains(weight) else {
            throw ServiceError(.invalid, "the weight is \(weight): use 1 to 100")
        }
        return try await self.pool.withTransaction(retrying: 3) { db in
            let client = try await ClientDirectory.client(reference, on: &db)
            try await ClientRepository.setWeight(client.id, weight, actor: actor, reason: reason, on: &db)
            try await JobStore(pool: self.pool).setWeight(weight, of: client.id, on: &db)
            return try await ClientDirectory.client(client.slug.rawValue, on: &db)
        }
    }

    /// Stops all work of a client until it is resumed: nothing of it is claimed any more.
    ///
    /// - Throws: `ServiceError` with code `notFound`, or `conflict` when it is neither active nor paused.
    package func pause(_ reference: String, actor: String, reason: String?) async throws -> ClientRow {
        try await self.change(reference, from: .active, to: .paused, actor: actor, reason: reason) { pause, db in
            try await pause.begin(actor: actor, reason: reason, on: &db)
        }
    }

    /// Lets the work of a paused client go on, and releases what was held for it.
    ///
    /// - Throws: `ServiceError` with code `notFound`, or `conflict` when it is neither active nor paused.
    package func resume(_ reference: String, actor: String, reason: String?) async throws -> ClientRow {
        try await self.change(reference, from: .paused, to: .active, actor: actor, reason: reason) { pause, db in
            try await pause.end(on: &db)
            try await HeldWork(client: pause.client, pool: self.pool).release(
                HeldWork.client, actor: actor, because: reason ?? "the client is resumed", on: &db)
        }
    }

    private func change(
        _ reference: String, from: ClientState, to state: ClientState, actor: String, reason: String?,
        _ work: (WorkPause, inout Transaction) async throws -> Void
    ) async throws -> ClientRow {
        try await self.pool.withTransaction(retrying: 3) { db in
            let client = try await ClientDirectory.client(reference, on: &db)
            guard client.state == from || client.state == state else {
                throw ServiceError(
                    .conflict,
                    "client '\(client.slug)' is \(client.state.rawValue): only an active or paused one can be \(state.rawValue)"
                )
            }
            try await ClientRepository.setState(client.id, to: state, actor: actor, reason: reason, on: &db)
            try await work(WorkPause(client: client.id), &db)
            return try await ClientDirectory.client(client.slug.rawValue, on: &db)
        }
    }
}
