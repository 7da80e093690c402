// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Publishing
import Testing

@testable import Console

@Suite("Pages of connect links")
struct ConnectPageTests {
    private static let link = ConnectInvitation(
        id: "1", client: "<b>Acme</b> & Söhne", platform: "X", platformID: "x", account: nil,
        expiresAt: Date(timeIntervalSince1970: 1_795_255_200), timeZone: "Europe/Berlin",
        address: "https://posthorn.example/connect/\"secret")

    @Test("names and addresses are shown as text, whatever they hold")
    func escapes() {
        let accounts = [RemoteAccount(externalID: "\"><script>", name: "<script>alert(1)</script>", handle: "a'b")]
        let steps: [ConnectStep] = [
            .invited(Self.link), .used(Self.link), .ended(Self.link), .connected(Self.link, accounts[0]),
            .choose(Self.link, accounts: accounts, ticket: "\"t"), .refused(Self.link, .wrongAccount("<i>")),
            .refused(Self.link, .missing(["<i>"])), .refused(Self.link, .declined),
        ]
        for step in steps {
            let html = ConnectPage(step).html
            #expect(!html.contains("<b>") && !html.contains("<script>") && !html.contains("<i>"), "\(html)")
            #expect(!html.contains("\"secret") && !html.contains("\"\"t"), "\(html)")
        }
        #expect(ConnectPage(.invited(Self.link)).html.contains("&lt;b&gt;Acme&lt;/b&gt; &amp; Söhne"))
    }

    @Test("an invitation says until when, in the client's zone; what the agency must see is not shown to the person")
    func words() {
        let page = ConnectPage(.invited(Self.link)).html
        #expect(page.contains("21 November 2026 at 11:00 (Europe/Berlin)"), "\(page)")
        let refused = ConnectPage(.refused(Self.link, .conflict("stands under 'globex/x' already"))).html
        #expect(!refused.contains("globex") && refused.contains("tell your agency"))
        let failed = ConnectPage(.refused(Self.link, .platform("code 17, app 42"))).html
        #expect(!failed.contains("42") && failed.contains("Try again"))
    }
}
