// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import Console

struct WebhookAddressTests {
    @Test("an address names a platform, and an app where there is one more word; anything else is not about webhooks")
    func parsing() {
        let plain = WebhookAddress(path: "/webhooks/x", root: "")
        #expect(plain?.platform == "x" && plain != nil && plain?.app == nil)
        let named = WebhookAddress(path: "/posthorn/webhooks/x/main%20x%2F2", root: "/posthorn")
        #expect(named?.platform == "x" && named?.app == "main x/2")
        for path in [
            "/webhooks", "/webhooks/", "/webhooks/x/", "/webhooks//a", "/webhooks/x/a/b", "/other/x", "webhooks/x",
        ] {
            #expect(WebhookAddress(path: path, root: "") == nil, "\(path)")
        }
    }
}
