// SPDX-License-Identifier: MIT

import Domain
import Persistence
import Testing

@testable import App

struct ActorTests {
    @Test("who acts is whom POSTHORN_ACTOR names, else the system's user; what is no name of one line counts as none")
    func named() {
        #expect(Actor.named(by: ["POSTHORN_ACTOR": " ann@example.com "], user: "root") == "cli:ann@example.com")
        for name in ["", " ", "a\nb", "a\u{2028}b", String(repeating: "a", count: 65)] {
            #expect(Actor.named(by: ["POSTHORN_ACTOR": name], user: "root") == "cli:root", "\(name)")
        }
        #expect(Actor.named(by: [:], user: "root") == "cli:root")
    }

    @Test("the address at which a platform tells names the app")
    func webhookAddress() {
        let app = AppRow(platform: "x", name: "main x/2", externalID: "c1")
        let record = AppRows.record(app, manifest: nil, base: "https://posthorn.example")
        #expect(record["webhook_uri"] == .none)
        #expect(
            AppRows.webhookAddress(of: app, base: "https://posthorn.example")
                == "https://posthorn.example/webhooks/x/main%20x%2F2")
    }
}
