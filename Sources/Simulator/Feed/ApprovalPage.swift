// SPDX-License-Identifier: MIT

/// The page on which a person lets an app act: a button for everybody it can be.
struct ApprovalPage: Sendable {
    struct Choice: Sendable {
        var id: String
        var name: String
        var note: String
    }

    var title: String
    var scopes: String
    /// What the app asked with; a button sends it again, with `approve`.
    var query: FormFields
    var choices: [Choice]

    var response: SimulatedResponse {
        let fields = self.query.fields.filter { $0.name != "approve" }
            .map { "<input type=hidden name=\"\(HTML.escaped($0.name))\" value=\"\(HTML.escaped($0.value))\">" }
            .joined()
        let buttons = self.choices.map { choice in
            let name = "\(HTML.escaped(choice.name)) <small>\(HTML.escaped(choice.note))</small>"
            return "<form>\(fields)<button name=approve value=\"\(HTML.escaped(choice.id))\">\(name)</button></form>"
        }
        let title = HTML.escaped(self.title)
        return .html(
            """
            <!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width"><title>\(title)</title>
            <style>body{font:16px system-ui;max-width:28rem;margin:10vh auto;padding:0 1rem;color:#1c2333;background:#f4f5f8}
            button{width:100%;margin:.25rem 0;padding:.8rem 1rem;font:inherit;text-align:left;border:1px solid #cfd4e0;border-radius:.6rem;
            background:#fff;cursor:pointer}button:hover{border-color:#3657d6}small{color:#667}</style>
            <h1>\(title)</h1><p>As whom? The app may then do: \(HTML.escaped(self.scopes)).</p>
            \(buttons.isEmpty ? "<p>There is no account here." : buttons.joined(separator: "\n"))
            </html>
            """)
    }

    /// The page that says why the request cannot be approved.
    static func problem(_ text: String) -> SimulatedResponse {
        .html(
            "<!doctype html><meta charset=utf-8><title>Something went wrong</title><h1>Something went wrong</h1><p>"
                + HTML.escaped(text), status: 400)
    }
}
