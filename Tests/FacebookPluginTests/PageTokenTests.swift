// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import MetaGraph
import PluginKit
import PluginTestKit
import Synchronization
import Testing

@testable import FacebookPlugin

@Suite("The tokens of Pages that a person's token gives")
struct PageTokenTests {
    private static func list(_ token: String?, isRepeatable: Bool = false) -> ScriptedExchange {
        let own = token.map { #","access_token":"\#($0)""# } ?? ""
        return ScriptedExchange(
            .get, "/v25.0/me/accounts", .json(200, #"{"data":[{"id":"\#(FacebookFixtures.page)"\#(own)}]}"#),
            isRepeatable: isRepeatable)
    }

    private static func list(_ reply: HTTPReply) -> ScriptedExchange {
        ScriptedExchange(.get, "/v25.0/me/accounts", .reply(reply), isRepeatable: false)
    }

    private static func refused(_ token: String) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v25.0/\(FacebookFixtures.page)/feed", .reply(FacebookFixtures.error(190, 467)), isVisible: true
        ) { $0.call.request.headerFields[.authorization] == "Bearer \(token)" }
    }

    private static func publish(_ exchanges: [ScriptedExchange]) async throws(PluginError) -> RemotePost {
        try await FacebookFixtures.publish(
            FacebookFixtures.text.content, FacebookFixtures.plugin(exchanges).0, as: FacebookFixtures.personal)
    }

    @Test("a Page's token that is refused is asked for anew, and the call is made once more with the new one")
    func renewed() async throws {
        let post = try await Self.publish([
            Self.list("EAAown-1"), Self.refused("EAAown-1"), Self.list("EAAown-2"),
            FacebookFixtures.feed { $0.call.request.headerFields[.authorization] == "Bearer EAAown-2" },
        ])
        #expect(!post.id.isEmpty)
    }

    @Test(
        "a Page that is lost while the person's token works is lost alone",
        arguments: [[list(nil)], [list("EAAown-1")], [list("EAAown-2"), refused("EAAown-2")]])
    func lost(then: [ScriptedExchange]) async {
        let error = await #expect(throws: PluginError.self) {
            try await Self.publish([Self.list("EAAown-1"), Self.refused("EAAown-1")] + then)
        }
        #expect(error?.code == .reauthorize && error?.sparesGrant == true)
        #expect(error?.message.contains("no longer gives the Page") == true)
        #expect(error?.nextAction?.contains("account connect") == true)
    }

    @Test(
        "a person's token that is refused too is the whole grant's matter, and one that cannot be asked now is tried later"
    )
    func person() async {
        for (reply, code) in [
            (FacebookFixtures.error(190, 463), PluginError.Code.reauthorize),
            (FacebookFixtures.error(2, nil, "Service", status: 503), .retryAfter),
        ] {
            let error = await #expect(throws: PluginError.self) {
                try await Self.publish([Self.list("EAAown-1"), Self.refused("EAAown-1"), Self.list(reply)])
            }
            #expect(error?.code == code && error?.sparesGrant == false)
        }
    }

    @Test("many who ask for Pages of one person at the same time cause one list")
    func singleFlight() async {
        let script = ScriptedTransport([Self.list("EAAown-1", isRepeatable: true)])
        let plugin = FacebookPlugin(
            context: PluginContext(http: SlowTransport(script), clock: WorldClock { FacebookFixtures.now }))
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let answer = try? await plugin.asPage(FacebookFixtures.personal) { _ throws(PluginError) in true }
                    return answer ?? false
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(answers == Array(repeating: true, count: 16))
        #expect(script.calls.count == 1)
    }

    @Test("a list that was asked for before a Page's token was refused says nothing of the Page: it is read once more")
    func staleList() async throws {
        let script = ScriptedTransport([Self.list("EAAown-1"), Self.list("EAAown-1"), Self.list("EAAown-2")])
        let slow = SlowTransport(script)
        let plugin = FacebookPlugin(
            context: PluginContext(http: slow, clock: WorldClock { FacebookFixtures.now }))
        _ = try await plugin.asPage(FacebookFixtures.personal) { _ throws(PluginError) in true }
        // A Page that the list does not have, so that the list is read again.
        var other = FacebookFixtures.personal
        other.externalID = "999"
        let stranger = other
        let reading = Task { try? await plugin.asPage(stranger) { _ throws(PluginError) in true } }
        let token = try await plugin.asPage(FacebookFixtures.personal) { caller throws(PluginError) in
            guard caller.token == Secret("EAAown-1") else { return caller.token.revealed }
            while slow.begun < 2 { await Task.yield() }
            throw PluginError(.reauthorize, "refused")
        }
        #expect(token == "EAAown-2" && script.calls.count == 3)
        #expect(await reading.value == nil)
    }
}

/// Lets everybody else have their turn before it answers.
private final class SlowTransport: HTTPTransport {
    private let base: ScriptedTransport
    private let count = Mutex(0)

    init(_ base: ScriptedTransport) { self.base = base }

    /// How many calls have begun.
    var begun: Int { self.count.withLock { $0 } }

    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply {
        self.count.withLock { $0 += 1 }
        for _ in 0..<2000 { await Task.yield() }
        return try await self.base.send(call)
    }
}
