// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct PostImportTests {
    private func run(
        _ fixture: ServiceFixture, _ text: String, format: ImportFormat = .csv, partial: Bool = false,
        dry: Bool = false,
        client: String? = "acme"
    ) async throws -> ImportReport {
        var options = ImportOptions(
            client: client, folder: FileManager.default.temporaryDirectory, actor: ServiceFixture.actor)
        options.takesGoodRows = partial
        options.isDryRun = dry
        let store = MediaStore(
            folder: FileManager.default.temporaryDirectory.appendingPathComponent(
                "posthorn-test-\(UInt64.random(in: 0 ... .max))"))
        return try await PostImport(
            pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry, media: MediaLibrary(store: store)
        )
        .run(
            try ImportFile(Data(text.utf8), format: format), options)
    }

    private static let good = """
        account,at,text,campaign,label,key,variant:second
        strict,2026-03-10T09:00,One,spring,a|b,,
        strict|second,2026-03-10T10:00,"Two, in
        two lines",spring,,,Other
        second,2026-03-10T11:00:00+01:00,Three,,,my-key,

        """

    @Test("a file of posts is planned whole, and the same file again makes nothing twice")
    func twice() async throws {
        let fixture = try await ServiceFixture()
        let first = try await self.run(fixture, Self.good)
        #expect(first.problems == [])
        #expect(first.created.count == 3)
        #expect(first.targets == 4)
        #expect(try await fixture.count("job_scheduled") == 4)
        #expect(
            try await fixture.text("SELECT content #>> '{parts,0,text}' FROM target WHERE content::text LIKE '%Other%'")
                == "Other")
        let second = try await self.run(fixture, Self.good)
        #expect(second.created == [])
        #expect(second.existing == 3)
        #expect(try await fixture.count("job_scheduled") == 4)
    }

    @Test("wrong rows are said with line, column and reason, and nothing is written")
    func problems() async throws {
        let fixture = try await ServiceFixture()
        let report = try await self.run(
            fixture,
            """
            account,at,tz,text,format,media
            strict,2026-03-10T09:00,,fine,,
            strct,2026-03-10T09:00,,unknown account,,
            strict,2026-13-10T09:00,,bad time,,
            strict,2026-03-10T09:00,Europe/Berln,bad zone,,
            strict,2026-03-10T09:00,,far longer than twenty characters,,
            strict,2026-03-10T09:00,,bad format,reel,
            strict,2026-03-10T09:00,,no file,,missing.png
            strict,2026-03-10T09:00,,fine,,
            strict,2025-03-10T09:00,,past,,
            strict,2026-03-10T09:00,,too few
            """)
        #expect(report.problems.map(\.line) == [3, 4, 5, 6, 7, 8, 9, 10, 11])
        #expect(
            report.problems.map(\.column) == ["account", "at", "tz", "text", "format", "media", nil, "at", nil])
        #expect(report.problems[0].reason.contains("Did you mean 'strict'?"))
        #expect(report.problems[2].reason.contains("Europe/Berlin"))
        #expect(report.problems[6].reason.contains("line 2"))
        #expect(!report.isWritten)
        #expect(try await fixture.count("post") == 0)
    }

    @Test("the good rows alone are written when asked for")
    func partial() async throws {
        let fixture = try await ServiceFixture()
        let text = "account,at,text\nstrict,2026-03-10T09:00,fine\nnobody,2026-03-10T09:00,bad\n"
        let report = try await self.run(fixture, text, partial: true)
        #expect(report.created.count == 1)
        #expect(report.problems.map(\.line) == [3])
        #expect(try await fixture.count("post") == 1)
    }

    @Test("a dry run says what would be made and writes nothing")
    func dryRun() async throws {
        let fixture = try await ServiceFixture()
        let report = try await self.run(fixture, Self.good, dry: true)
        #expect(report.created.count == 3)
        #expect(!report.isWritten)
        #expect(try await fixture.count("post") == 0)
    }

    @Test("lines of JSON take lists and objects, and name their client")
    func lines() async throws {
        let fixture = try await ServiceFixture()
        let report = try await self.run(
            fixture,
            """
            {"client": "acme", "accounts": ["strict", "second"], "at": "2026-03-10T09:00", "tz": "UTC", "text": "One",
            {"client": "acme", "accounts": ["strict", "second"], "at": "2026-03-10T09:00", "tz": "UTC", "text": "One", "labels": ["x"], "variants": {"second": "Uno"}}

            {"client": "globex", "account": "strict", "at": "2026-03-10T09:00", "text": "One"}
            """, format: .ndjson, partial: true, client: nil)
        #expect(report.problems.map(\.line) == [1, 4])
        #expect(report.problems[1].column == "client")
        #expect(report.targets == 2)
        #expect(
            try await fixture.text("SELECT to_char(min(due_at) AT TIME ZONE 'UTC', 'HH24:MI') FROM target") == "09:00")
    }

    @Test("a picture is stored once and travels with its alternative text")
    func media() async throws {
        let fixture = try await ServiceFixture()
        let name = "posthorn-\(UInt64.random(in: 0 ... .max)).png"
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let report = try await self.run(
            fixture,
            "account,at,text,media,alt\nstrict,2026-03-10T09:00,a,\(name),A shoe\nstrict,2026-03-10T10:00,b,\(name),\n")
        #expect(report.problems == [])
        #expect(try await fixture.count("media") == 1)
        #expect(try await fixture.text("SELECT DISTINCT format FROM target") == "image")
        #expect(
            try await fixture.text("SELECT content #>> '{parts,0,media,0,altText}' FROM target ORDER BY due_at LIMIT 1")
                == "A shoe")
    }

    @Test("a file without its columns is one clear error")
    func header() {
        #expect(throws: CSVError.self) { try ImportFile(Data("account,text\nx,y\n".utf8), format: .csv) }
        #expect(throws: CSVError.self) { try ImportFile(Data("at,text\nx,y\n".utf8), format: .csv) }
    }

    @Test("five thousand posts are planned in one go")
    func many() async throws {
        let fixture = try await ServiceFixture()
        let rows = (0..<5000).map { "strict,2026-03-10T09:00,post \($0)" }
        let report = try await self.run(fixture, "account,at,text\n" + rows.joined(separator: "\n"))
        #expect(report.created.count == 5000)
        #expect(try await fixture.count("job_scheduled") == 5000)
    }
}
