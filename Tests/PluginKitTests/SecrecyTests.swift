// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Testing

@Suite("Secrets")
struct SecrecyTests {
    @Test("a secret shows in no description")
    func descriptions() {
        let tokens = TokenSet(
            accessToken: Secret("s3cr3t"), refreshToken: Secret("r3fr3sh"), extra: ["k": Secret("3xtra")])
        var dumped = ""
        dump(tokens, to: &dumped)
        for text in ["\(tokens)", String(reflecting: tokens), dumped] {
            #expect(!text.contains("s3cr3t") && !text.contains("r3fr3sh") && !text.contains("3xtra"))
        }
    }

    @Test("what a platform says is shown without secrets, plain or encoded, and shortened")
    func redaction() {
        let tokens = TokenSet(accessToken: Secret("abc+/def"), refreshToken: Secret("zzzz9999"))
        let text = "token abc+/def or abc%2B%2Fdef, then zzzz9999 and SECRETAPP" + String(repeating: ".", count: 500)
        let shown = tokens.redact(text, app: AppCredential(id: "i", secret: Secret("SECRETAPP")))
        #expect(shown.hasPrefix("token <secret> or <secret>, then <secret> and <secret>"))
        #expect(shown.count == 300)
    }
}
