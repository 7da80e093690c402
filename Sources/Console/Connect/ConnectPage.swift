// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PluginKit
import Publishing

/// A page for a person with a connect link, who knows the agency and the platform and nothing of us.
struct ConnectPage: Sendable {
    static let referrerPolicy: HTTPField.Name = {
        guard let name = HTTPField.Name("Referrer-Policy") else { preconditionFailure("this is a header's name") }
        return name
    }()

    var status: HTTPResponse.Status
    var title: String
    /// What there is to say, each a paragraph.
    var words: [String]
    /// Buttons and lists, as HTML.
    var further = ""

    /// When something of ours does not work.
    static let broken = ConnectPage(
        .internalServerError, "Something went wrong here", ["Please try again in some minutes, or tell your agency."])

    private init(_ status: HTTPResponse.Status, _ title: String, _ words: [String], further: String = "") {
        self.status = status
        self.title = title
        self.words = words
        self.further = further
    }

    /// The page of a step.
    init(_ step: ConnectStep) {
        switch step {
        case .unknown:
            self.init(
                .notFound, "There is no such link",
                ["Was the address copied whole? Your agency can send you a new one."])
        case .stale, .leave:
            self.init(
                .gone, "This took too long, or was done already",
                ["Please open the link that your agency sent you again, and start anew."])
        case .ended(let link):
            self.init(
                .gone, "This link has expired",
                ["It was for connecting \(link.what). Your agency can send you a new one."])
        case .used(let link):
            self.init(
                .gone, "This link was used already",
                ["It connected \(link.what). There is nothing more to do. If that was not you, tell your agency."])
        case .invited(let link): self = Self.invitation(link)
        case .choose(let link, let accounts, let ticket): self = Self.choice(link, accounts, ticket)
        case .connected(let link, let remote):
            let handle = remote.handle.map { " (@\($0))" } ?? ""
            self.init(
                .ok, "Connected",
                [
                    "\(remote.name)\(handle) on \(link.platform) is connected for \(link.client).",
                    "You can close this page.",
                ])
        case .refused(let link, let refusal): self = Self.refusal(link, refusal)
        }
    }

    private static func invitation(_ link: ConnectInvitation) -> ConnectPage {
        let end = link.expiresAt.formatted(
            Date.FormatStyle(
                date: .long, time: .shortened, locale: Locale(identifier: "en_GB"),
                timeZone: TimeZone(identifier: link.timeZone) ?? .gmt))
        return ConnectPage(
            .ok, "Connect \(link.what)",
            [
                "Your agency asks you to let it publish for \(link.client) on \(link.platform) and read how posts do.",
                "\(link.platform) will ask you to log in and to agree. Your password stays there; you can take the permission back at any time.",
                "This link works once, until \(end) (\(link.timeZone)).",
            ],
            further: "<form method=post><button class=main>Continue to \(escaped(link.platform))</button></form>")
    }

    private static func choice(_ link: ConnectInvitation, _ accounts: [RemoteAccount], _ ticket: String) -> ConnectPage
    {
        let buttons = accounts.map { account in
            let note = account.handle.map { " <small>@\(escaped($0))</small>" } ?? ""
            return
                "<button name=account value=\"\(escaped(account.externalID))\">\(escaped(account.name))\(note)</button>"
        }.joined(separator: "\n")
        return ConnectPage(
            .ok, "Which one?",
            ["You may act for several accounts on \(link.platform). Which one is for \(link.client)?"],
            further: "<form method=post><input type=hidden name=ticket value=\"\(escaped(ticket))\">\n\(buttons)</form>"
        )
    }

    private static func refusal(_ link: ConnectInvitation, _ refusal: ConnectRefusal) -> ConnectPage {
        let again =
            link.address.map { "<p><a class=main href=\"\(escaped($0))\">Try again</a></p>" } ?? ""
        func page(_ status: HTTPResponse.Status, _ title: String, _ words: String...) -> ConnectPage {
            ConnectPage(status, title, words, further: again)
        }
        switch refusal {
        case .declined:
            return page(
                .forbidden, "Nothing was connected",
                "\(link.platform) says that you did not agree. Nothing was changed.")
        case .wrongAccount(let name):
            return page(
                .conflict, "That is another account",
                "You agreed as \(name). This link is for \(link.what).",
                "Log in to \(link.platform) with that account, or switch to it there, then try again.")
        case .noAccount:
            return page(
                .conflict, "There is no account to connect",
                "\(link.platform) shows no account that you may act for. Ask whoever owns it to give you a role, then try again."
            )
        case .missing(let scopes):
            return page(
                .conflict, "Something was left out",
                "For this to work, please leave everything switched on that \(link.platform) asks for. What is missing: \(scopes.joined(separator: ", "))."
            )
        case .conflict:
            return page(
                .conflict, "This could not be finished",
                "Something on your agency's side stands in the way. Please tell your agency; it can see the reason.")
        case .platform:
            return page(
                .badGateway, "\(link.platform) did not accept this",
                "It may work at a second try. If not, tell your agency.")
        case .unreachable:
            return page(
                .badGateway, "\(link.platform) does not answer right now", "Please try again in some minutes.")
        }
    }

    /// The page's HTML.
    var html: String {
        let paragraphs = self.words.map { "<p>\(Self.escaped($0))</p>" }.joined(separator: "\n")
        let title = Self.escaped(self.title)
        return """
            <!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">
            <meta name=robots content=noindex><title>\(title)</title>
            <style>:root{color-scheme:light dark}body{font:17px/1.5 system-ui;max-width:30rem;margin:8vh auto;padding:0 1.2rem}
            h1{font-size:1.5rem;line-height:1.2}button,a.main{display:block;box-sizing:border-box;width:100%;margin:.5rem 0;padding:.9rem 1rem;
            font:inherit;text-align:left;border:1px solid #8893ad;border-radius:.7rem;background:transparent;color:inherit;cursor:pointer;
            text-decoration:none}.main{background:#2f55d4!important;border-color:#2f55d4!important;color:#fff!important;text-align:center!important}
            small{opacity:.7}</style>
            <h1>\(title)</h1>
            \(paragraphs)
            \(self.further)
            </html>
            """
    }

    /// The page as an answer: nothing from elsewhere, kept by nobody, its address told to nobody.
    var response: Response {
        Response(
            status: self.status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
                Self.referrerPolicy: "no-referrer",
            ], body: ResponseBody(byteBuffer: ByteBuffer(string: self.html)))
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}

extension ConnectInvitation {
    /// What is connected, in words.
    var what: String {
        self.account.map { "\($0) on \(self.platform)" } ?? "\(self.client)’s account on \(self.platform)"
    }
}
