// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Posts beside the other posts of their accounts", .postgresSchema)
struct PostComparisonTests {
    /// The services, with the account `strict` on a platform that takes the same twice, and `picky` on one that does not.
    private struct Agency {
        let fixture: ServiceFixture
        let registry: PluginRegistry
        let posts: PostService

        init() async throws {
            self.fixture = try await ServiceFixture()
            self.registry = try PluginRegistry(plugins: [StrictPlugin(), PickyPlugin()])
            self.posts = PostService(pool: self.fixture.pool, jobs: self.fixture.jobs, registry: self.registry)
            let accounts = AccountService(
                pool: self.fixture.pool, registry: self.registry, vault: self.fixture.vault,
                accesses: AccessProvider(
                    pool: self.fixture.pool, vault: self.fixture.vault, registry: self.registry, apps: [:]))
            _ = try await accounts.connect(
                AccountConnection(
                    client: "acme", platform: "picky", externalID: "9", tokens: TokenSet(accessToken: Secret("9"))),
                actor: ServiceFixture.actor)
        }

        func create(
            _ text: String, at: String?, on account: String = "strict", _ change: (inout PostDraft) -> Void = { _ in }
        ) async throws -> CreatedPost {
            var draft = PostDraft(
                accounts: [account], text: text, time: try at.map { try PostTime($0, zone: nil) } ?? .unplanned)
            change(&draft)
            return try await self.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        }

        /// Something that was found on the platform.
        func find(
            _ text: String?, on account: String = "strict", at: String, state: String = "live", format: String? = nil
        ) async throws -> PublicationID {
            let id = PublicationID()
            let moment = try Date(iso8601: at)
            try await self.fixture.pool.execute(
                """
                INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin, state, text,
                                         content_type)
                SELECT client_id, \(id), account_id, platform, \("\(id)"), \(moment), 'external', \(state), \(text), \(format)
                FROM account WHERE slug = \(account)
                """)
            return id
        }

        func run(_ rows: String, allowing: Bool = false, partial: Bool = false) async throws -> ImportReport {
            var options = ImportOptions(
                client: "acme", folder: FileManager.default.temporaryDirectory, actor: ServiceFixture.actor)
            options.allowsDuplicates = allowing
            options.takesGoodRows = partial
            let store = MediaStore(
                folder: FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-\(UUID())"))
            return try await PostImport(
                pool: self.fixture.pool, jobs: self.fixture.jobs, registry: self.registry,
                media: MediaLibrary(store: store)
            ).run(try ImportFile(Data(("account,at,text\n" + rows).utf8), format: .csv), options)
        }
    }

    @Test("the same words again are a warning that names the other post with its time and id, whoever published it")
    func repeated() async throws {
        let agency = try await Agency()
        let planned = try await agency.create("Fresh  bread", at: "2026-03-10T09:00")
        #expect(planned.notes.isEmpty)
        let again = try await agency.create("fresh bread ", at: "2026-03-20T09:00")
        #expect(again.notes.map(\.field) == ["text"] && again.notes.map(\.account) == ["strict"])
        let words = try #require(again.notes.first?.message)
        #expect(words.contains("2026-03-10T09:00:00+01:00"), "\(words)")
        #expect(words.contains("\(try #require(planned.targets.first).id)"), "\(words)")

        let found = try await agency.find("Rye &amp; wheat", at: "2026-02-20T12:00:00Z")
        let external = try await agency.create("Rye & wheat", at: "2026-03-15T09:00")
        #expect(external.notes.first?.message.contains("\(found)") == true, "\(external.notes)")
        #expect(external.notes.first?.message.contains("not published by Posthorn") == true)
        // What is checked only is told the same.
        let draft = PostDraft(
            accounts: ["strict"], text: "Rye & wheat", time: try PostTime("2026-03-14T09:00", zone: nil))
        let checked = try await agency.posts.check(draft, client: "acme", actor: ServiceFixture.actor)
        #expect(checked.notes.map(\.field) == ["text"])
    }

    @Test("other words, other links, another account, what is gone, and what is long ago are no repetition")
    func fresh() async throws {
        let agency = try await Agency()
        _ = try await agency.create("See https://a.test/x", at: "2026-03-10T09:00")
        _ = try await agency.find("Old", at: "2026-01-20T12:00:00Z")
        _ = try await agency.find("Gone", at: "2026-03-01T12:00:00Z", state: "gone")
        for (text, account) in [
            ("See https://b.test/x", "strict"), ("See https://a.test/x", "second"), ("Old", "strict"),
            ("Gone", "strict"),
        ] {
            let created = try await agency.create(text, at: "2026-03-20T09:00", on: account)
            #expect(created.notes.allSatisfy { $0.field != "text" }, "\(text): \(created.notes)")
        }
        // A link that the platform shortened says nothing.
        #expect(PostWords("See https://t.co/abc").isSame(as: PostWords("see https://a.test/x")))
        #expect(!PostWords("Look https://t.co/abc").isSame(as: PostWords("see https://a.test/x")))
        #expect(PostWords("A https://A.test/X/").isSame(as: PostWords("a http://a.test/X")))
        #expect(!PostWords("A https://a.test/x").isSame(as: PostWords("a https://a.test/X")))
    }

    @Test("the same words with other files are another post, unless the platform compares words alone")
    func files() async throws {
        let agency = try await Agency()
        func picture(_ hash: String) -> MediaItem { MediaItem(hash: hash, type: "image/png", byteCount: 10) }
        for account in ["strict", "picky"] {
            _ = try await agency.create("New", at: "2026-03-10T09:00", on: account) { $0.media = [picture("aa")] }
            let other = try await agency.create("New", at: "2026-03-12T09:00", on: account) {
                $0.media = [picture("bb")]
            }
            #expect(other.notes.map(\.field) == (account == "picky" ? ["text"] : []), "\(other.notes)")
        }
        let same = try await agency.create("New", at: "2026-03-14T09:00") { $0.media = [picture("bb")] }
        #expect(same.notes.map(\.field) == ["text"])
        // Pictures without a word are the same when the files are.
        _ = try await agency.create("", at: "2026-03-16T09:00") { $0.media = [picture("cc")] }
        let wordless = try await agency.create("", at: "2026-03-18T09:00") { $0.media = [picture("cc")] }
        #expect(wordless.notes.map(\.field) == ["text"])
    }

    @Test("a platform that refuses duplicates gets none, unless a person allows it; drafts are only warned of")
    func refused() async throws {
        let agency = try await Agency()
        let first = try await agency.create("Hello", at: "2026-03-10T09:00", on: "picky")
        let error = await #expect(throws: ServiceError.self) {
            try await agency.create("Hello", at: "2026-03-20T09:00", on: "picky")
        }
        #expect(error?.code == .conflict && error?.issues.map(\.field) == ["text"])
        #expect(error?.description.contains("\(try #require(first.targets.first).id)") == true)
        #expect(error?.description.contains("--allow-duplicate") == true)
        #expect(try await agency.fixture.count("target") == 1)
        let allowed = try await agency.create("Hello", at: "2026-03-20T09:00", on: "picky") {
            $0.allowsDuplicate = true
        }
        #expect(allowed.notes.map(\.severity) == [.warning])
        let draft = try await agency.create("Hello", at: nil, on: "picky") { $0.isDraft = true }
        #expect(draft.notes.map(\.field) == ["text"] && draft.notes.map(\.severity) == [.warning])
    }

    @Test("the same words to another post, or over another poll, are another post; to the same one they are refused")
    func answering() async throws {
        let agency = try await Agency()
        for (name, values) in [("reply_to", ["1", "2"]), ("poll", ["Yes|No", "Now|Later"])] {
            for value in values {
                let created = try await agency.create("On \(name)", at: "2026-03-10T09:00", on: "picky") {
                    $0.settings = ["picky.\(name)": value]
                }
                #expect(created.notes.allSatisfy { $0.field != "text" }, "\(created.notes)")
            }
            #expect(
                try await agency.create("On \(name)", at: "2026-03-12T09:00", on: "picky").notes.allSatisfy {
                    $0.field != "text"
                })
            let error = await #expect(throws: ServiceError.self) {
                try await agency.create("On \(name)", at: "2026-03-14T09:00", on: "picky") {
                    $0.settings = ["picky.\(name)": values[1], "picky.audience": "all"]
                }
            }
            #expect(error?.code == .conflict)
        }
    }

    @Test(
        "what is not known for certain is a warning and no refusal: shortened links, files, and replies of found posts")
    func guessed() async throws {
        let agency = try await Agency()
        func planned(_ text: String, _ change: (inout PostDraft) -> Void = { _ in }) async throws
            -> [PostIssue]
        {
            try await agency.create(text, at: "2026-03-10T09:00", on: "picky", change).notes.filter {
                $0.field == "text"
            }
        }
        _ = try await agency.find("Look https://t.co/abc", on: "picky", at: "2026-02-20T12:00:00Z", format: "text")
        #expect(try await planned("Look https://a.test/new").map(\.severity) == [.warning])
        // Files of a found post are not known, unless it is a text.
        _ = try await agency.find("Open", on: "picky", at: "2026-02-20T12:00:00Z", format: "image")
        #expect(try await planned("Open").map(\.severity) == [.warning])
        _ = try await agency.find("Closed", on: "picky", at: "2026-02-20T12:00:00Z", format: "text")
        let picture = try await planned("Closed") {
            $0.media = [MediaItem(hash: "aa", type: "image/png", byteCount: 10)]
        }
        #expect(picture.map(\.severity) == [.warning])
        let reply = try await planned("Closed") { $0.settings = ["picky.reply_to": "1"] }
        #expect(reply.map(\.severity) == [.warning])
        await #expect(throws: ServiceError.self) { try await planned("Closed") }
    }

    @Test("a check with the key of a post that is there answers that post, and does not compare it with itself")
    func checkedAgain() async throws {
        let agency = try await Agency()
        var draft = PostDraft(accounts: ["picky"], text: "Hello", time: try PostTime("2026-03-10T09:00", zone: nil))
        draft.key = "hello"
        #expect(try await agency.posts.check(draft, client: "acme", actor: ServiceFixture.actor).isNew)
        let created = try await agency.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        let checked = try await agency.posts.check(draft, client: "acme", actor: ServiceFixture.actor)
        #expect(!checked.isNew && checked.post.id == created.post.id && checked.notes.isEmpty)
    }

    @Test("an edit is compared as a new post is, for what it changes, and never with itself")
    func edited() async throws {
        let agency = try await Agency()
        func edit(_ post: CreatedPost, _ edit: PostEdit) async throws -> [PostIssue] {
            try await agency.posts.edit(post.post.id.description, client: nil, edit, actor: "cli:ada").notes
        }
        let first = try await agency.create("Hello", at: "2026-03-10T09:00", on: "picky")
        let post = try await agency.create("Hi", at: "2026-03-10T10:00", on: "picky") {
            $0.accounts = ["picky", "strict"]
        }
        // As near as it was: only a new time is compared with times.
        #expect(try await edit(post, PostEdit(text: "Hi!")).isEmpty)
        let error = await #expect(throws: ServiceError.self) { try await edit(post, PostEdit(text: "hello")) }
        #expect(error?.code == .conflict && error?.issues.map(\.account) == ["picky"])
        #expect(error?.description.contains("\(try #require(first.targets.first).id)") == true)
        #expect(try await agency.posts.show(post.post.id.description).post.revision == 2)
        #expect(try await agency.posts.show(post.post.id.description).targets.allSatisfy { $0.revision == 2 })

        var allowed = PostEdit(text: "hello")
        allowed.allowsDuplicate = true
        #expect(try await edit(post, allowed).map(\.severity) == [.warning])
        // What stays as it was allowed is not asked for again.
        #expect(try await edit(post, PostEdit(variants: ["strict": "Hello, all"])).isEmpty)
        _ = try await agency.create("Rye", at: "2026-03-20T09:00")
        let warned = try await edit(post, PostEdit(variants: ["strict": "rye"]))
        #expect(warned.map(\.severity) == [.warning] && warned.map(\.field) == ["text"])
        let draft = try await agency.create("Draft", at: nil, on: "picky") { $0.isDraft = true }
        #expect(try await edit(draft, PostEdit(text: "Hello")).map(\.severity) == [.warning])
    }

    @Test("a move is compared as a new post is, with words and times, and never with itself")
    func moved() async throws {
        let agency = try await Agency()
        func move(_ post: CreatedPost, to time: String, allowing: Bool = false) async throws -> [PostIssue] {
            try await agency.posts.move(
                post.post.id.description, client: nil, to: try PostTime(time, zone: nil), allowingDuplicates: allowing,
                actor: "cli:ada"
            ).flatMap(\.notes)
        }
        _ = try await agency.create("Hello", at: "2026-03-10T09:00", on: "picky")
        let later = try await agency.create("Hello", at: "2026-05-10T09:00", on: "picky")
        #expect(try await move(later, to: "2026-05-10T09:30").isEmpty)
        let error = await #expect(throws: ServiceError.self) { try await move(later, to: "2026-04-01T09:00") }
        #expect(error?.code == .conflict && error?.description.contains("--allow-duplicate") == true)
        let due = try await agency.posts.show(later.post.id.description).targets.map(\.dueAt)
        #expect(due == [try Date(iso8601: "2026-05-10T07:30:00Z")])
        #expect(try await move(later, to: "2026-03-10T10:00", allowing: true).map(\.field) == ["text", "at"])
        // A draft that is given a time is planned with it.
        let draft = try await agency.create("Hello", at: nil, on: "picky") { $0.isDraft = true }
        await #expect(throws: ServiceError.self) { try await move(draft, to: "2026-03-20T09:00") }
        #expect(try await agency.posts.show(draft.post.id.description).targets.map(\.state) == [.draft])
        // What a schedule made comes again, wherever it is moved; its time is compared.
        let template = PostTemplate(PostDraft(accounts: ["picky"], text: "Hello"))
        let recurring = try await agency.posts.create(
            template.draft(at: try PostTime("2026-03-30T09:00", zone: nil), key: "morning"), client: "acme",
            actor: "schedule:morning")
        #expect(try await move(recurring, to: "2026-03-10T11:00").map(\.field) == ["at"])
    }

    @Test("what a schedule makes comes again without a word, also where duplicates are refused")
    func recurring() async throws {
        let agency = try await Agency()
        for day in 10...12 {
            let template = PostTemplate(PostDraft(accounts: ["picky"], text: "Good morning"))
            let draft = template.draft(at: try PostTime("2026-03-\(day)T09:00", zone: nil), key: "morning-\(day)")
            let made = try await agency.posts.create(draft, client: "acme", actor: "schedule:morning")
            #expect(made.notes.isEmpty && made.isNew)
        }
    }

    @Test("rows of a file are compared with what is there and with each other, and the same file again with nothing")
    func imported() async throws {
        let agency = try await Agency()
        _ = try await agency.find("Hello", on: "picky", at: "2026-02-20T12:00:00Z", format: "text")
        let rows = "strict,2026-03-10T09:00,One\nstrict,2026-03-12T09:00,one\nstrict,2026-03-14T09:00,Two\n"
        let report = try await agency.run(rows)
        #expect(report.problems.isEmpty && report.created.count == 3)
        #expect(report.notes.map { "\($0.line) \($0.column ?? "")" } == ["3 text"], "\(report.notes)")
        #expect(report.notes.first?.reason.contains("line 2") == true)
        let again = try await agency.run(rows)
        #expect(again.existing == 3 && again.notes.isEmpty && again.problems.isEmpty, "\(again.notes)")
        // What the platform would refuse is a wrong row.
        let wrong = "picky,2026-03-10T09:00,Hello\npicky,2026-03-12T09:00,Three\n"
        let refused = try await agency.run(wrong)
        #expect(refused.problems.map { "\($0.line) \($0.column ?? "")" } == ["2 text"] && !refused.isWritten)
        #expect(try await agency.run(wrong, partial: true).created.count == 1)
        #expect(try await agency.run(wrong, allowing: true).problems.isEmpty)
    }

    @Test(
        "a time that is nearer to another post than --best would go is a warning, by the distance that is kept for the account"
    )
    func near() async throws {
        let agency = try await Agency()
        let found = try await agency.find("Theirs", at: "2026-03-10T07:30:00Z")
        // An hour after a post that somebody published elsewhere.
        let near = try await agency.create("Ours", at: "2026-03-10T09:30")
        #expect(near.notes.map(\.field) == ["at"], "\(near.notes)")
        let words = try #require(near.notes.first?.message)
        #expect(words.contains("1 h from") && words.contains("\(found)") && words.contains("3 h"), "\(words)")
        #expect(try await agency.create("Later", at: "2026-03-10T12:30").notes.isEmpty)
        #expect(try await agency.create("Elsewhere", at: "2026-03-10T09:30", on: "second").notes.isEmpty)
        var quiet = QuietTimes()
        quiet.distance = 6 * 3600
        try await QuietStore(pool: agency.fixture.pool).set(quiet, client: "acme", account: "strict")
        let wider = try await agency.create("Wider", at: "2026-03-10T17:30")
        #expect(wider.notes.first?.message.contains("6 h") == true, "\(wider.notes)")
        // In a file, each row counts for those after it.
        let report = try await agency.run("second,2026-03-11T09:00,A\nsecond,2026-03-11T10:00,B\n")
        #expect(report.notes.map { "\($0.line) \($0.column ?? "")" } == ["3 at"], "\(report.notes)")
    }

    @Test("a schedule whose posts come too near to others, or to each other, is added with a warning")
    func schedules() async throws {
        let agency = try await Agency()
        _ = try await agency.create("Monday", at: "2026-03-09T09:30")
        let service = ScheduleService(
            pool: agency.fixture.pool, jobs: agency.fixture.jobs, registry: agency.registry)
        func add(_ name: String, _ rule: String) async throws -> [PostIssue] {
            try await service.add(
                ScheduleRequest(
                    client: "acme", name: name, time: ScheduleTime(rule: rule),
                    work: .post(PostDraft(accounts: ["strict"], text: name))), actor: ServiceFixture.actor
            ).notes
        }
        let near = try await add("weekly", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0")
        #expect(near.count == 1 && near.first?.message.hasPrefix("1 of its next") == true, "\(near)")
        #expect(near.first?.message.contains("2026-03-09T09:00:00+01:00") == true, "\(near)")
        #expect(try await add("friday", "FREQ=WEEKLY;BYDAY=FR;BYHOUR=9;BYMINUTE=0").isEmpty)
        // Beside a schedule whose posts are not made yet.
        let beside = try await add("other", "FREQ=WEEKLY;BYDAY=FR;BYHOUR=10;BYMINUTE=0")
        #expect(beside.first?.message.contains("schedule 'friday'") == true, "\(beside)")
        #expect(
            try await add("often", "FREQ=DAILY;BYHOUR=18,19;BYMINUTE=0").last?.message.hasPrefix("its own posts")
                == true)
    }
}

/// A platform that refuses to publish the same words twice.
private struct PickyPlugin: AccountConnecting, UnaskedPlugin {
    var manifest: PluginManifest {
        PluginManifest(
            id: "picky", name: "Picky", apiVersion: "1", hosts: ["picky.test"], capabilities: [.publish, .connect],
            formats: [
                FormatLimits(format: .text, textLength: 100),
                FormatLimits(format: .image, textLength: 100, media: 1...4, mediaTypes: ["image/png": 1000]),
            ],
            limitsReadOn: "2026-11-21",
            settings: [
                Setting("reply_to", makesAnother: true, "what it answers"),
                Setting("poll", makesAnother: true, "its answers"), Setting("audience", "who sees it"),
            ], refusesDuplicates: true)
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        RemoteAccount(externalID: tokens.accessToken.revealed, name: "Picky")
    }
}
