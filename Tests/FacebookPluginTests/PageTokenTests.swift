// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
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
}

/// Lets everybody else have their turn before it answers.
private struct SlowTransport: HTTPTransport {
    let base: ScriptedTransport

    init(_ base: ScriptedTransport) { self.base = base }

    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply {
        for _ in 0..<2000 { await Task.yield() }
        return try await self.base.send(call)
    }
}
