// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import InstagramPlugin

@Suite("The Instagram plugin")
struct InstagramPluginTests {
    @Test("the plugin keeps the contract")
    func conformance() async {
        let failures = await PluginConformance.run(InstagramPlugin.self, InstagramFixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("what is published carries the address and the time that Instagram gives")
    func address() async throws {
        let (plugin, _) = InstagramFixtures.plugin(InstagramFixtures.image.exchanges)
        let post = try await InstagramFixtures.publish(InstagramFixtures.image.content, plugin)
        #expect(post.id == "18001" && post.url == "https://www.instagram.com/p/Cabc/")
        #expect(post.publishedAt == Date(timeIntervalSince1970: 1_795_255_203))
    }

    @Test("what is visible stays published when its address cannot be read")
    func noAddress() async throws {
        let gone = ScriptedExchange(.get, "/v25.0/18001", .reply(InstagramFixtures.error(10)))
        let exchanges = InstagramFixtures.pictureStory.exchanges.dropLast() + [gone]
        let (plugin, transport) = InstagramFixtures.plugin(Array(exchanges))
        let post = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin)
        #expect(post.id == "18001" && post.url == nil)
        #expect(transport.calls.count { $0.path == "/v25.0/18001" } == 4)
    }

    @Test("an account whose posts of the day are used up waits, and nothing is made", arguments: [25, 26])
    func quota(used: Int) async {
        let (plugin, transport) = InstagramFixtures.plugin([InstagramFixtures.quota(used)])
        let error = await #expect(throws: PluginError.self) {
            _ = try await InstagramFixtures.publish(InstagramFixtures.image.content, plugin)
        }
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(3600) && error?.scope == .endpoint)
        #expect(transport.calls.count == 1)
    }

    @Test("an account without a number of its own may publish")
    func noQuota() async throws {
        let exchanges = [InstagramFixtures.quota(99, of: nil)] + InstagramFixtures.pictureStory.exchanges.dropFirst()
        let (plugin, transport) = InstagramFixtures.plugin(exchanges)
        _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin)
        #expect(transport.left.isEmpty)
    }

    @Test(
        "a container is asked for once a minute for five minutes, then now and then",
        arguments: [(0.0, 60), (299, 60), (301, 300)])
    func pace(age: Double, seconds: Int) async throws {
        let made = InstagramFixtures.now.timeIntervalSinceReferenceDate - age
        let saved = Data(
            #"{"containers":[{"index":0,"id":"901","at":\#(made),"isUploaded":true,"isReady":false}],"refusals":0,"looks":0}"#
                .utf8)
        let (plugin, _) = InstagramFixtures.plugin([InstagramFixtures.status("901", "IN_PROGRESS")])
        let request = PublishRequest(
            access: InstagramFixtures.access, content: InstagramFixtures.reel.content, operation: "op-1")
        let outcome = try await plugin.resume(
            PluginState(version: 1, data: saved), request, ScriptedEffectContext())
        guard case .pending(_, let pause) = outcome else {
            Issue.record("not pending")
            return
        }
        #expect(pause == .seconds(seconds))
    }

    @Test(
        "a container that failed is classified by the subcode at the end of its text",
        arguments: [
            ("ERROR", "Error: The video format is not supported: 2207026", PluginError.Code.permanent, false),
            ("ERROR", "Error: Timeout downloading media: 2207003", .retryAfter, true),
            ("ERROR", "Error: Media upload has failed with error code 2207077", .retryAfter, true),
            ("ERROR", "Something else", .permanent, false), ("ERROR", "", .permanent, false),
            // A number in the words is no code of Graph.
            ("ERROR", "A carousel has at most 10", .permanent, false),
            ("ERROR", "The sides must be between 4:5 and 1.91:1", .permanent, false),
            ("ERROR", "Try at most 10 times: 2207003", .retryAfter, true),
            ("ERROR", "The account is restricted: 2207050", .needsHuman, false),
            ("ERROR", "Too many actions: 2207042", .rateLimited, false),
            ("ERROR", "Tags: 2207036", .permanent, false),
            ("EXPIRED", "Expired", .retryAfter, true),
        ])
    func failedContainer(code: String, text: String, kind: PluginError.Code, isMadeAnew: Bool) async throws {
        let script = Array(InstagramFixtures.pictureStory.exchanges.prefix(2))
        let (plugin, transport) = InstagramFixtures.plugin(
            script + [InstagramFixtures.status("901", code, text, isRepeatable: false)]
                + InstagramFixtures.pictureStory.exchanges)
        let context = ScriptedEffectContext()
        let error = await #expect(throws: PluginError.self) {
            _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin, context)
        }
        #expect(error?.code == kind)
        guard isMadeAnew else { return }
        _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.visibleCalls.count == 1)
    }

    @Test(
        "a refusal to publish that spoils the container leads to a new one; one that says not yet does not",
        arguments: [(-1, 2_207_032, 1, 2), (-2, 2_207_020, 1, 2), (24, 2_207_008, 2, 2), (9007, 2_207_027, 1, 1)])
    func spoiled(code: Int, subcode: Int, refusals: Int, containers: Int) async throws {
        var refused = InstagramFixtures.publish("901")
        refused.outcome = .reply(InstagramFixtures.error(code, subcode))
        let story = InstagramFixtures.pictureStory.exchanges
        let again = containers == 2 ? story : [story[2]] + story.suffix(2)
        let script = story.prefix(3) + Array(repeating: refused, count: refusals) + again
        let (plugin, transport) = InstagramFixtures.plugin(Array(script))
        let context = ScriptedEffectContext()
        for _ in 0..<refusals {
            let error = await #expect(throws: PluginError.self) {
                _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin, context)
            }
            #expect(error?.code == .retryAfter)
        }
        _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
        #expect(transport.calls.count { $0.path.hasSuffix("/media") } == containers)
    }

    private static func saved(
        age: TimeInterval = 60, isReady: Bool = false, refusals: Int = 0, _ more: String = ""
    ) -> PluginState {
        let made = InstagramFixtures.now.timeIntervalSinceReferenceDate - age
        return PluginState(
            version: 1,
            data: Data(
                #"{"containers":[{"index":0,"id":"901","at":\#(made),"isUploaded":true,"isReady":\#(isReady)}],"refusals":\#(refusals),"looks":0\#(more)}"#
                    .utf8))
    }

    private func error(
        _ state: PluginState, _ exchanges: [ScriptedExchange], _ context: ScriptedEffectContext? = nil
    ) async -> PluginError? {
        let (plugin, transport) = InstagramFixtures.plugin(exchanges)
        let used = context ?? ScriptedEffectContext(checkpoint: state)
        let error = await #expect(throws: PluginError.self) {
            _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin, used)
        }
        #expect(transport.unexpected.isEmpty)
        return error
    }

    @Test("containers are made anew three times, then the post fails with a sentence")
    func spentTries() async {
        let expired = [InstagramFixtures.status("901", "EXPIRED", "Expired")]
        #expect(await self.error(Self.saved(#","anew":2"#), expired)?.code == .retryAfter)
        let error = await self.error(Self.saved(#","anew":3"#), expired)
        #expect(error?.code == .permanent && error?.message.contains("several tries") == true)
        #expect(error?.nextAction?.isEmpty == false)
    }

    @Test("a file that Instagram works on for a day is given one more try")
    func stuckContainer() async {
        let error = await self.error(Self.saved(age: 23 * 3600, #","anew":2"#), [])
        #expect(error?.code == .permanent && error?.message.contains("for a day") == true)
    }

    @Test("publishing that is refused ten times as not ready fails with a sentence")
    func refusedForGood() async {
        var refused = InstagramFixtures.publish("901")
        refused.outcome = .reply(InstagramFixtures.error(9007, 2_207_027))
        let almost = await self.error(Self.saved(isReady: true, refusals: 8), [refused])
        #expect(almost?.code == .retryAfter)
        let error = await self.error(Self.saved(isReady: true, refusals: 9), [refused])
        #expect(error?.code == .permanent && error?.nextAction?.isEmpty == false)
    }

    @Test("what Instagram could not fetch it is asked to fetch once more")
    func refetched() async throws {
        var refused = InstagramFixtures.pictureStory.exchanges[1]
        refused.outcome = .reply(InstagramFixtures.error(9004, 2_207_052))
        let context = ScriptedEffectContext()
        let exchanges = [InstagramFixtures.quota(), refused]
        let first = await self.error(Self.saved(), exchanges, context)
        #expect(first?.code == .retryAfter && first?.retryAfter == .seconds(60))
        let second = await self.error(Self.saved(), exchanges, context)
        #expect(second?.code == .permanent && second?.nextAction?.contains("POSTHORN_PUBLIC_URL") == true)
    }

    @Test("after Instagram's word that the posts of a day are used up, the quota is read before the next try")
    func quotaAgain() async throws {
        var refused = InstagramFixtures.publish("901")
        refused.outcome = .reply(InstagramFixtures.error(9, 2_207_042))
        let context = ScriptedEffectContext(checkpoint: Self.saved(isReady: true))
        let error = await self.error(Self.saved(), [refused], context)
        #expect(error?.code == .rateLimited)
        let again = await self.error(Self.saved(), [InstagramFixtures.quota(25)], context)
        #expect(again?.code == .rateLimited && again?.message.contains("used up its posts") == true)
        let (plugin, transport) = InstagramFixtures.plugin(
            [InstagramFixtures.quota()] + InstagramFixtures.pictureStory.exchanges.suffix(2))
        _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin, context)
        #expect(transport.left.isEmpty && transport.unexpected.isEmpty)
    }

    @Test("an upload that broke off goes on with the byte that Instagram lacks")
    func brokenUpload() async throws {
        var broken = InstagramFixtures.bytes("901")
        broken.outcome = .lost
        let asked = ScriptedExchange(
            .get, "/v25.0/901",
            .json(
                200,
                #"{"status_code":"IN_PROGRESS","status":"","video_status":{"uploading_phase":{"bytes_transferred":40000}}}"#
            ), isRepeatable: false
        ) { $0.query == ["fields": "status_code,status,video_status"] }
        let story = InstagramFixtures.filmStory.exchanges
        let (plugin, transport) = InstagramFixtures.plugin(
            story.prefix(2) + [broken, asked, InstagramFixtures.bytes("901", from: 40_000)] + story.suffix(3))
        let context = ScriptedEffectContext()
        let error = await #expect(throws: PluginError.self) {
            _ = try await InstagramFixtures.publish(InstagramFixtures.filmStory.content, plugin, context)
        }
        #expect(error?.code == .retryAfter)
        _ = try await InstagramFixtures.publish(InstagramFixtures.filmStory.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("containers that end soon are made anew")
    func oldContainers() async throws {
        let made = InstagramFixtures.now.timeIntervalSinceReferenceDate - 23 * 3600
        let saved = Data(
            #"{"containers":[{"index":0,"id":"800","at":\#(made),"isUploaded":true,"isReady":true}],"refusals":0,"looks":0}"#
                .utf8)
        let (plugin, transport) = InstagramFixtures.plugin(
            Array(InstagramFixtures.pictureStory.exchanges.dropFirst()))
        let context = ScriptedEffectContext(checkpoint: PluginState(version: 1, data: saved))
        _ = try await InstagramFixtures.publish(InstagramFixtures.pictureStory.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("an account of Instagram's own login is called at its own host, and its films are fetched")
    func ownLogin() async throws {
        let (plugin, transport) = InstagramFixtures.plugin([
            InstagramFixtures.quota(),
            InstagramFixtures.container(
                "901", ["media_type": "STORIES", "video_url": "https://media.posthorn.test/cc33"]),
            InstagramFixtures.status("901"), InstagramFixtures.publish("901"), InstagramFixtures.seen(),
        ])
        _ = try await InstagramFixtures.publish(
            InstagramFixtures.filmStory.content, plugin, as: InstagramFixtures.own)
        #expect(transport.left.isEmpty && transport.calls.allSatisfy { $0.host == "graph.instagram.com" })
    }

    @Test("without a public address a picture is refused when it is planned and before it is sent; a film is not")
    func noPublicAddress() async {
        let (plugin, transport) = InstagramFixtures.plugin([InstagramFixtures.quota()], media: nil)
        let issues = plugin.validate(InstagramFixtures.image.content).filter { $0.severity == .error }
        #expect(issues.map(\.field) == ["media[0]"] && issues.first?.message.contains("POSTHORN_PUBLIC_URL") == true)
        #expect(plugin.validate(InstagramFixtures.reel.content).allSatisfy { $0.severity != .error })
        let error = await #expect(throws: PluginError.self) {
            _ = try await InstagramFixtures.publish(InstagramFixtures.image.content, plugin)
        }
        #expect(error?.code == .permanent && error?.field == "media[0]" && error?.nextAction != nil)
        #expect(transport.calls.count == 1)
    }

    @Test("without a public address an account of Instagram's own login has its films refused when they are planned")
    func ownLoginFilms() throws {
        let (plugin, _) = InstagramFixtures.plugin([], media: nil)
        let reel = PostContent(format: .reel, parts: [PostPart(text: "x", media: [InstagramFixtures.film])])
        #expect(plugin.traits(of: InstagramFixtures.access.tokens).isEmpty)
        let own = plugin.traits(of: InstagramFixtures.own.tokens)
        #expect(plugin.validate(reel, for: []).isEmpty)
        #expect(plugin.validate(reel).allSatisfy { $0.severity != .error })
        let issue = try #require(plugin.validate(reel, for: own).first)
        #expect(issue.severity == .error && issue.field == "media[0]" && issue.message.contains("POSTHORN_PUBLIC_URL"))
        #expect(InstagramFixtures.plugin([]).0.validate(reel, for: own).isEmpty)
    }

    @Test(
        "a cover that Meta could not fetch is refused when the reel is planned",
        arguments: ["cover.jpg", "ftp://a.example/c.jpg", "http://10.0.0.1/c.jpg", "http://localhost/c.jpg"])
    func cover(_ address: String) {
        let (plugin, _) = InstagramFixtures.plugin([])
        func issues(_ address: String) -> [ValidationIssue] {
            plugin.validate(
                PostContent(
                    format: .reel, parts: [PostPart(text: "x", media: [InstagramFixtures.film])],
                    settings: ["cover_url": address])
            ).filter { $0.severity == .error }
        }
        #expect(issues(address).map(\.field) == ["settings.cover_url"])
        #expect(issues("https://a.example/c.jpg").isEmpty)
    }

    @Test("people in a picture are tagged where they are")
    func tags() async throws {
        let content = InstagramFixtures.content(
            .image, "x", [InstagramFixtures.second], ["user_tags": "anna@0.5,0.25 @ben.c@1,0"])
        let (plugin, transport) = InstagramFixtures.plugin([
            InstagramFixtures.quota(),
            InstagramFixtures.container(
                "901",
                [
                    "image_url": "https://media.posthorn.test/bb22", "caption": "x",
                    "user_tags": #"[{"username":"anna","x":0.5,"y":0.25},{"username":"ben.c","x":1,"y":0}]"#,
                ]), InstagramFixtures.status("901"), InstagramFixtures.publish("901"), InstagramFixtures.seen(),
        ])
        _ = try await InstagramFixtures.publish(content, plugin)
        #expect(transport.left.isEmpty)
    }

    @Test("every setting of a post and of a reel is a parameter of its container")
    func settings() async throws {
        let plain = [
            "collaborators": "anna, @ben.c", "user_tags": "anna@0.5,0.25", "location_id": "110774245616525",
            "is_ai_generated": "true",
        ]
        let shared = [
            "caption": "x", "collaborators": #"["anna","ben.c"]"#, "location_id": "110774245616525",
            "is_ai_generated": "true",
        ]
        let tagged = ["user_tags": #"[{"username":"anna","x":0.5,"y":0.25}]"#]
        let ofReel = shared.merging(["media_type": "REELS", "upload_type": "resumable"]) { $1 }
        func reel(_ more: [String: String]) -> [String: String] { ofReel.merging(more) { $1 } }
        let posts: [(String, PostContent, [String: String])] = [
            (
                "image", InstagramFixtures.content(.image, "x", [InstagramFixtures.second], plain),
                shared.merging(tagged) { $1 }.merging(["image_url": "https://media.posthorn.test/bb22"]) { $1 }
            ),
            (
                "reel-cover",
                InstagramFixtures.content(
                    .reel, "x", [InstagramFixtures.film],
                    plain.filter { $0.key != "user_tags" }.merging(
                        [
                            "cover_url": "https://example.com/cover.jpg", "audio_name": "Fanfare",
                            "share_to_feed": "false",
                        ]) { $1 }),
                reel([
                    "cover_url": "https://example.com/cover.jpg", "audio_name": "Fanfare", "share_to_feed": "false",
                ])
            ),
            (
                "reel-trial",
                InstagramFixtures.content(
                    .reel, "x", [InstagramFixtures.film],
                    plain.filter { $0.key != "user_tags" }.merging(["thumb_offset": "1500", "trial": "MANUAL"]) { $1 }),
                reel(["thumb_offset": "1500", "trial_params": #"{"graduation_strategy":"MANUAL"}"#])
            ),
        ]
        for (name, content, form) in posts {
            let isFilm = content.format == .reel
            let (plugin, transport) = InstagramFixtures.plugin(
                [InstagramFixtures.quota(), InstagramFixtures.container("901", form, uri: isFilm)]
                    + (isFilm ? [InstagramFixtures.bytes("901")] : [])
                    + [InstagramFixtures.status("901"), InstagramFixtures.publish("901"), InstagramFixtures.seen()])
            #expect(plugin.validate(content).allSatisfy { $0.severity != .error })
            _ = try await InstagramFixtures.publish(content, plugin)
            #expect(transport.left.isEmpty && transport.unexpected.isEmpty, "\(name)")
            try transport.record(as: "instagram-settings-\(name)")
        }
    }

    private static let words = (1...31).map { "#tag\($0)" }.joined(separator: " ")
    private static let people = (1...21).map { "@person\($0)" }.joined(separator: " ")

    @Test(
        "drafts that Instagram would refuse are refused",
        arguments: [
            (InstagramFixtures.content(.image, words, [InstagramFixtures.picture]), "text"),
            (InstagramFixtures.content(.image, people, [InstagramFixtures.picture]), "text"),
            (
                InstagramFixtures.content(
                    .image, "a", [MediaItem(hash: "h", type: "image/png", byteCount: 9)]), "media[0]"
            ),
            (InstagramFixtures.content(.story, "words", [InstagramFixtures.picture]), "text"),
            (InstagramFixtures.content(.story, "", [InstagramFixtures.picture], comment: "c"), "first_comment"),
            (InstagramFixtures.content(.carousel, "a", [InstagramFixtures.picture]), "media"),
            (
                InstagramFixtures.content(
                    .image, "a", [InstagramFixtures.picture], ["collaborators": "a,b,c,d"]), "settings.collaborators"
            ),
            (
                InstagramFixtures.content(.image, "a", [InstagramFixtures.picture], ["thumb_offset": "5"]),
                "settings.thumb_offset"
            ),
            (
                InstagramFixtures.content(.reel, "a", [InstagramFixtures.film], ["thumb_offset": "-5"]),
                "settings.thumb_offset"
            ),
            (
                InstagramFixtures.content(.image, "a", [InstagramFixtures.picture], ["user_tags": "anna"]),
                "settings.user_tags"
            ),
            (
                InstagramFixtures.content(.reel, "a", [InstagramFixtures.film], ["trial": "SOON"]), "settings.trial"
            ),
        ])
    func validation(content: PostContent, field: String) {
        let (plugin, _) = InstagramFixtures.plugin([])
        #expect(plugin.validate(content).contains { $0.severity == .error && $0.field == field })
    }

    @Test("thirty hashtags, twenty people and addresses with an @ are taken")
    func enough() {
        let words = (1...30).map { "#tag\($0)" } + (1...20).map { "@person\($0)" } + ["me@example.com"]
        let content = InstagramFixtures.content(
            .image, words.joined(separator: " "), [InstagramFixtures.picture])
        #expect(InstagramFixtures.plugin([]).0.validate(content).isEmpty)
    }
}
