// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import Publishing
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import App

/// A simulated world with the client `acme` and its account `x`, and the command line over it.
struct CommandWorld {
    let database: TestDatabase
    let folder: URL
    let secretKey = SecretKeys.generate()

    init() async throws {
        self.database = TestDatabase.required
        self.folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "posthorn-commands-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        try await self.prepare()
    }

    func remove() {
        // What is left in the temporary folder harms nobody.
        try? FileManager.default.removeItem(at: self.folder)
    }

    private func prepare() async throws {
        let pool = self.database.pool
        try await QueueMigrations.up(pool, world: .simulated)
        try await Migrator(component: "agency", migrations: AgencyMigrations.all).up(pool)
        let client = try await ClientService(pool: pool).add(
            NewClient(slug: "acme", timeZone: "Europe/Berlin"), actor: "test")
        try await pool.withTransaction { db in
            let brand = try await BrandRepository.findOrInsert("acme", of: client.id, on: &db)
            let slug = try #require(Slug(rawValue: "x"))
            try await AccountRepository.insert(
                AccountRow(
                    client: client.id, brand: brand.id, platform: "x", externalID: "1", slug: slug, name: "Acme",
                    timeZone: "Europe/Berlin"), on: &db)
        }
    }

    /// Runs the built program, which lies beside the test bundle, with these words.
    func posthorn(_ words: String...) async throws -> Int32 {
        try await self.answer(words, quiet: true).code
    }

    func answer(
        _ words: [String], quiet: Bool = false, environment others: [String: String] = [:]
    ) async throws -> (code: Int32, data: String, messages: String) {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? OwnBinary.path
        let binary = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("posthorn")
        let environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "TZ": "UTC",
            "POSTHORN_PLATFORM_ORIGIN": "http://127.0.0.1:9", "POSTHORN_SECRET_KEY": self.secretKey,
            "POSTHORN_MEDIA_STORE": self.folder.absoluteString,
        ].merging(self.database.environment) { $1 }.merging(others) { $1 }
        let result = try await Subprocess.run(
            .path(FilePath(binary.path)), arguments: Arguments(words + (quiet ? ["--quiet"] : [])),
            environment: .custom(
                Dictionary(
                    uniqueKeysWithValues: environment.map { (Subprocess.Environment.Key(stringLiteral: $0), $1) })),
            workingDirectory: FilePath(self.folder.path), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        let code: Int32 = if case .exited(let code) = result.terminationStatus { code } else { -1 }
        return (code, result.standardOutput, result.standardError)
    }

    func file(_ name: String, _ text: String) throws -> String {
        let url = self.folder.appendingPathComponent(name)
        try text.write(to: url, atomically: true, encoding: .utf8)
        return url.path
    }

    func count(_ table: StaticString) async throws -> Int64 {
        try await self.database.pool.query("SELECT count(*) FROM \(unescaped: table)").single()
    }
}
