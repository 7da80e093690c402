// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Persistence
import PluginKit
import Publishing

/// What a look at an app showed, as findings with remedies; never with its secret.
struct AppFindings {
    private let check: AppCheck
    private let manifest: PluginManifest?
    private let base: String
    private let publicURL: URL?

    /// Makes findings.
    ///
    /// - Parameters:
    ///   - check: What was found.
    ///   - manifest: That of the app's platform; `nil` when this program does not have it.
    ///   - base: The address at which `serve` answers people.
    ///   - publicURL: The address that the world reaches it at, when there is one.
    init(_ check: AppCheck, manifest: PluginManifest?, base: String, publicURL: URL?) {
        self.check = check
        self.manifest = manifest
        self.base = base
        self.publicURL = publicURL
    }

    static let columns =
        [
            Column("app", "APP", "its name in Posthorn; the platform for the app of the configuration"),
            Column("platform", "PLATFORM", "the platform"),
        ] + Finding.columns

    var records: [Record] {
        self.all.map { finding in
            var record = Record([
                "app": .text(self.check.choice.name), "platform": .text(self.check.platform.rawValue),
            ])
            record.fields += finding.record.fields
            return record
        }
    }

    var all: [Finding] {
        self.registration
            + [
                self.clientID, self.secret, self.login, self.publicAddress, self.audit, self.webhooks, self.work,
                self.accounts, self.tokens, self.answer.finding,
            ].compactMap(\.self)
    }

    /// How the command ends; `nil` when nothing failed.
    static func status(of found: [Self]) -> ExitStatus? {
        let failed = found.flatMap { apart in
            apart.all.filter { $0.state == .failed }.map { $0 == apart.answer.finding ? apart.answer.status : .failed }
        }
        // What a person must mend comes before what may pass.
        return [.failed, .unreachable, .tryAgain].first { failed.contains($0) }
    }

    private var platform: String { self.manifest?.name ?? self.check.platform.rawValue }
    private var app: AppRow? { self.check.choice.app }
    private var reference: String { self.check.choice.reference }

    /// How a new secret is given.
    private var newSecret: String {
        self.app == nil
            ? "set POSTHORN_PLATFORM_\(self.check.choice.variable)_CLIENT_SECRET"
            : "`posthorn app set \(self.reference) --secret-file FILE`"
    }

    // MARK: What to register

    private var registration: [Finding] {
        var findings = [
            Finding.ok("redirect URI", AppRows.redirectAddress(of: self.check.platform, base: self.base)),
            .ok("scopes", (self.manifest?.scopes(of: self.check.login) ?? []).joined(separator: " ")),
        ]
        let isUsualLogin = self.check.login == nil || self.check.login == self.manifest?.logins.first?.name
        if isUsualLogin, let boosts = self.manifest?.boost?.scopes, !boosts.isEmpty {
            findings.append(.ok("scopes for boosts", boosts.joined(separator: " ")))
        }
        return findings
    }

    // MARK: What is kept here

    private var clientID: Finding {
        let id = self.check.externalID
        guard !id.isEmpty, !id.contains(where: \.isWhitespace) else {
            return .failed(
                "client id", id.isEmpty ? "there is none" : "‘\(id)’ has spaces in it",
                fix: self.app == nil
                    ? "correct POSTHORN_PLATFORM_\(self.check.choice.variable)_CLIENT_ID"
                    : "add the app with the id that \(self.platform) shows: posthorn app add")
        }
        return .ok("client id", id)
    }

    private var secret: Finding {
        if let unopened = self.check.unopened {
            return .failed(
                "secret", unopened,
                fix: "give this process the key that it was sealed under, or seal the secret anew: \(self.newSecret)")
        }
        guard self.check.hasSecret else {
            guard self.manifest?.app.needsSecret == true else {
                return .ok("secret", "there is none; \(self.platform) takes apps without one")
            }
            return .failed(
                "secret", "there is none, and \(self.platform) connects nobody without it",
                fix: "\(self.newSecret), with the secret that \(self.platform) shows beside the client id")
        }
        return .ok("secret", self.app == nil ? "of the configuration" : "sealed, and opens with this process's keys")
    }

    private var login: Finding? {
        if let misfit = self.check.misfit {
            return .failed(
                "login", misfit,
                fix: self.app == nil
                    ? "correct POSTHORN_PLATFORM_\(self.check.choice.variable)_LOGIN"
                    : "run the program that has it, or add the app again under another name")
        }
        guard let usual = self.manifest?.logins.first else { return nil }
        return .ok("login", self.check.login ?? "\(usual.name), the usual one")
    }

    private var publicAddress: Finding {
        let name = "public address"
        let fix =
            "set POSTHORN_PUBLIC_URL=https://… to the address at which the world reaches `posthorn serve`, and register the redirect URI anew"
        guard let url = self.publicURL?.absoluteString else {
            return .warning(
                name, "none is set: people are sent back to \(self.base), which no phone reaches", fix: fix)
        }
        if let problem = PublicAddress.problem(with: url) {
            return .warning(name, "\(url) \(problem): no phone comes back there", fix: fix)
        }
        guard self.publicURL?.scheme?.lowercased() == "https" else {
            return .warning(name, "\(url) is not https", fix: fix)
        }
        return .ok(name, url)
    }

    private var audit: Finding {
        let state = self.app?.auditState
        guard let missing = self.manifest?.app.unaudited, state != .approved else {
            return .ok(
                "audit",
                state == .approved ? "approved" : "\(self.platform)'s documents name nothing that waits for an approval"
            )
        }
        guard let state else {
            return .skipped("audit", "the configuration does not say whether it is approved; until then it \(missing)")
        }
        let words = state == .development ? "in development" : "nobody said whether \(self.platform) has approved it"
        return .warning(
            "audit", "\(words): until it is approved, it \(missing)",
            fix: "have it approved by \(self.platform), then `posthorn app set \(self.reference) --audit approved`")
    }

    private var webhooks: Finding? {
        guard let manifest, manifest.capabilities.contains(.webhooks) else { return nil }
        guard self.check.unopened == nil else {
            return .skipped("webhooks", "nothing that \(manifest.name) tells can be verified until the secret opens")
        }
        guard self.check.hasSecret else {
            return .skipped(
                "webhooks", "nothing that \(manifest.name) tells is taken without a secret, which proves who tells it")
        }
        let address = "\(self.base)/webhooks/\(self.check.platform)/\(self.check.externalID)"
        return .ok(
            "webhooks",
            self.app == nil
                ? "verified with the secret, at \(address)"
                : "verified with the secret; `posthorn app show \(self.app?.name ?? "")` has the address and the verify token"
        )
    }

    // MARK: How its work and its accounts stand

    private var work: Finding {
        guard let first = self.check.pauses.first else { return .ok("work", "goes on") }
        let queues = self.check.pauses.compactMap { pause -> String? in
            if case .app(_, let queue) = pause.scope { "\(queue)" } else { nil }
        }
        let since = LocalTime.text(first.since, .gmt)
        return .paused(
            "work", "paused (\(queues.joined(separator: ", "))) since \(since)", first, app: self.reference)
    }

    private var accounts: Finding {
        let accounts = self.check.accounts
        var parts = ["\(accounts.connected) connected"]
        if accounts.needReconnecting > 0 { parts.append("\(accounts.needReconnecting) to be connected again") }
        if accounts.needHuman > 0 { parts.append("\(accounts.needHuman) wait for a person") }
        if accounts.disconnected > 0 { parts.append("\(accounts.disconnected) disconnected") }
        let text = parts.joined(separator: ", ")
        guard accounts.troubled > 0 else { return .ok("accounts", text) }
        return .warning(
            "accounts", text,
            fix:
                "see which with `posthorn account list --platform \(self.check.platform)`, and what each needs with `posthorn account check`"
        )
    }

    private var tokens: Finding {
        let accounts = self.check.accounts
        let all = "\(accounts.connected) accounts"
        if accounts.failing > 0 {
            let since = accounts.failingSince.map { " since \(LocalTime.text($0, .gmt))" } ?? ""
            return .renewalFails(
                "tokens", "\(accounts.failing) of \(all) fails\(since)", accounts.failure, days: 7)
        }
        guard accounts.ending == 0 else {
            return .tokensEnd("tokens", "those of \(accounts.ending) of \(all) end", days: 7)
        }
        return .ok(
            "tokens", accounts.connected == 0 ? "no account is connected yet" : "none ends within 7 days")
    }

    // MARK: What the platform says

    private var answer: (finding: Finding, status: ExitStatus) {
        switch self.check.answer {
        case .report(let report): (self.finding(report), .failed)
        case .failed(let error): Self.failure(error, asking: self.platform)
        case .noSecret:
            (
                .skipped(
                    "platform",
                    self.check.unopened == nil
                        ? "not asked: there is no secret to ask with" : "not asked: the secret does not open"), .failed
            )
        case .undocumented:
            (
                .skipped(
                    "platform",
                    "not asked: no document of \(self.platform)'s names a call that shows this without an account; `posthorn account check` shows it with one"
                ), .failed
            )
        }
    }

    private func finding(_ report: AppReport) -> Finding {
        let id = self.check.externalID
        let compare = "compare client id and secret with those that \(self.platform) shows, then \(self.newSecret)"
        guard report.isAccepted else {
            let words = report.refusal.map { ": \($0)" } ?? ""
            return .failed(
                "platform", "\(self.platform) does not accept the client id \(id) with this secret\(words)",
                fix: compare)
        }
        if let other = report.id, other != id {
            return .failed("platform", "\(self.platform) answers for the app \(other), not for \(id)", fix: compare)
        }
        let name = report.name.map { ", which it calls “\($0)”" } ?? ""
        return .ok("platform", "\(self.platform) accepts client id and secret of the app\(name)")
    }

    private static func failure(
        _ error: PluginError, asking platform: String
    ) -> (finding: Finding, status: ExitStatus) {
        switch error.code {
        case .retryAfter, .ambiguousOutcome:
            (
                .failed(
                    "platform", "\(platform) is unreachable: \(error.message.singleLine)",
                    fix: "check this machine's network, and POSTHORN_PLATFORM_ORIGIN where it is set; then try again"),
                .unreachable
            )
        case .rateLimited:
            (
                .failed(
                    "platform", "\(platform) takes no more calls for now: \(error.message.singleLine)",
                    fix: "try again later"), .tryAgain
            )
        default: (.failed("platform", error.message.singleLine, fix: error.nextAction), .failed)
        }
    }
}
