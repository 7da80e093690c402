// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Persistence
import PluginKit
import Publishing

/// `posthorn app`.
struct AppCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "app", "Keep the agency's registrations with the platforms.",
        details: """
            Tokens are renewed with the app that they were made with: the one that `account connect --app` named, or the platform's only one.
            A platform without an app here uses the configured one: POSTHORN_PLATFORM_X_CLIENT_ID and …_CLIENT_SECRET, and so on per platform.
            An account that was connected before its app was added uses the configured app first, then the platform's only one.
            When a platform refuses the app itself (credits used up, an audit missing), the work of all its accounts stops until `app resume`.
            """,
        examples: [
            "app add main-x --platform x --client-id abc --secret-file secret.txt", "app check main-x", "app list",
            "app resume x/main-x",
        ],
        subcommands: [Add.self, List.self, Show.self, Check.self, Set.self, Pause.self, Resume.self])

    struct Add: PosthornCommand {
        static let configuration = CommandConfiguration(
            "add", "Add an app; its secret is sealed before it is stored.",
            examples: [
                "app add main-x --platform x --client-id abc --secret-file secret.txt",
                "app add public-x --platform x --client-id abc",
                "app add ig --platform instagram --login instagram --client-id 4711 --secret-file secret.txt",
            ],
            keys: AppRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("Its name in Posthorn.", valueName: "name"))
        var name: String
        @Option(help: ArgumentHelp("The platform's id.", valueName: "platform"))
        var platform: String
        @Option(
            name: .customLong("client-id"), help: ArgumentHelp("The platform's public identity of it.", valueName: "id")
        )
        var externalID: String
        @Option(help: ArgumentHelp("A file that holds its secret, - for standard input.", valueName: "file"))
        var secretFile: String?
        @Option(
            help: ArgumentHelp(
                "The login that it is registered for, where the platform has several: facebook (unless said) or instagram for Instagram.",
                valueName: "login"))
        var login: String?
        @Option(help: ArgumentHelp("unknown, development or approved.", valueName: "state"))
        var audit: String = AuditState.unknown.rawValue

        func validate() throws {
            guard AuditState(rawValue: self.audit) != nil else {
                throw ValidationError("--audit is unknown, development or approved.")
            }
        }

        func run(_ context: CommandContext) async throws {
            let secret = try self.secretFile.map(AppRows.secret)
            let base = try AppRows.base(context)
            try await context.withServices { services in
                let apps = services.apps
                let app = AppRow(
                    platform: PlatformID(rawValue: self.platform), name: self.name, externalID: self.externalID,
                    hasSecret: secret != nil, auditState: AuditState(rawValue: self.audit) ?? .unknown,
                    login: self.login)
                if self.change.isDryRun {
                    try apps.check(app)
                    return context.output.note("would add the app \(app.name)")
                }
                try await apps.add(app, secret: secret)
                context.output.success("added the app \(app.name)")
                context.output.show(
                    AppRows.record(app, manifest: services.registry[app.platform]?.manifest, base: base))
            }
        }
    }

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List the apps.", examples: ["app list", "app list --platform x -o json"], keys: AppRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only of this platform.", valueName: "platform"))
        var platform: String?

        func run(_ context: CommandContext) async throws {
            let base = try AppRows.base(context)
            try await context.withServices { services in
                let platform = self.platform.map { PlatformID(rawValue: $0) }
                let pauses = try await services.apps.pauses()
                var rows = try await services.apps.list(platform: platform).map { app in
                    AppRows.record(
                        app, manifest: services.registry[app.platform]?.manifest, base: base,
                        pauses: pauses[.app(app.id)] ?? [])
                }
                // The app of the configuration is told of only while it is stopped: nothing is stored of it.
                for id in services.registry.platforms where platform == nil || platform == id {
                    guard let stopped = pauses[.provider(id.rawValue)] else { continue }
                    rows.append(AppRows.configured(id, pauses: stopped))
                }
                context.output.show(
                    Listing(AppRows.columns, rows: rows, empty: "no apps yet; add one with `posthorn app add`"))
            }
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show an app with the scopes to ask for and the redirect URI to register.",
            examples: ["app show main-x"], keys: AppRows.columns)

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("The app's name or id.", valueName: "app"))
        var app: String

        func run(_ context: CommandContext) async throws {
            let base = try AppRows.base(context)
            try await context.withServices { services in
                let app = try await services.apps.show(self.app)
                context.output.show(
                    AppRows.record(
                        app, manifest: services.registry[app.platform]?.manifest, base: base,
                        pauses: try await services.apps.pauses()[.app(app.id)] ?? [],
                        verifyToken: try await services.webhooks.verifyToken(of: app.id)))
            }
        }
    }
}

/// How apps are shown; never with their secrets.
enum AppRows {
    static let columns = [
        Column("name", "APP", "its name in Posthorn"), Column("platform", "PLATFORM", "the platform"),
        Column("client_id", "CLIENT ID", "the platform's public identity of it", isFlexible: true),
        Column("has_secret", "SECRET", "whether it has a secret"),
        Column("audit_state", "AUDIT", "unknown, development or approved"),
        Column("login", nil, "the login that it is registered for, where the platform has several"),
        Column("state", "STATE", "active, or paused while work of its accounts is stopped"),
        Column("paused_queues", nil, "which of its accounts' queues stand still"),
        Column("state_reason", "WHY", "why it is paused", isFlexible: true),
        Column("paused_by", nil, "who paused it: a person, or the platform whose refusal stopped it"),
        Column("paused_at", nil, "since when"),
        Column("scopes", nil, "the scopes to ask for"),
        Column("redirect_uri", nil, "where the platform sends people back to; register it there"),
        Column("webhook_uri", nil, "where the platform tells what happens; register it there"),
        Column("webhook_verify_token", nil, "the word to type beside that address at Meta; only in `app show`"),
        Column("id", nil, "its id"),
    ]

    /// The address at which `serve` answers people: the public one, else this machine.
    static func base(_ context: CommandContext) throws -> String {
        let text = try context.platformSettings().publicURL()?.absoluteString ?? "http://127.0.0.1:8400"
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// A secret from a file, without the line's end.
    static func secret(_ file: String) throws -> Secret {
        let text = String(decoding: try CommandError.contents(of: file), as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines)
        guard !text.isEmpty else {
            throw CommandError(.badData, "\(file) holds no secret", remedy: "write the app's secret into it, alone")
        }
        return Secret(text)
    }

    /// Where the platform sends people back to.
    static func redirectAddress(of platform: PlatformID, base: String) -> String { "\(base)/oauth/\(platform)" }

    /// Where the platform tells what happens; with the app in it, so that it stays right when the platform gets a second one.
    static func webhookAddress(of app: AppRow, base: String) -> String {
        let name = app.name.addingPercentEncoding(withAllowedCharacters: .urlPathSegmentAllowed) ?? "\(app.id)"
        return "\(base)/webhooks/\(app.platform)/\(name)"
    }

    static func record(
        _ app: AppRow, manifest: PluginManifest?, base: String, pauses: [JobQueue.Pause] = [],
        verifyToken: String? = nil
    ) -> Record {
        let isTold = manifest?.capabilities.contains(.webhooks) ?? false
        var record = Record([
            "webhook_uri": .optional(isTold ? Self.webhookAddress(of: app, base: base) : nil),
            "webhook_verify_token": .optional(isTold ? verifyToken : nil),
            "id": .text("\(app.id)"), "name": .text(app.name), "platform": .text(app.platform.rawValue),
            "client_id": .text(app.externalID), "has_secret": .flag(app.hasSecret),
            "audit_state": .state(app.auditState.rawValue),
            "redirect_uri": .text(Self.redirectAddress(of: app.platform, base: base)),
            "login": .optional(app.login ?? manifest?.logins.first?.name),
            "scopes": .list((manifest?.scopes(of: app.login) ?? []).map { .text($0) }),
        ])
        record.fields += Self.standing(pauses)
        return record
    }

    /// The app that the configuration names for a platform, while it is paused.
    static func configured(_ platform: PlatformID, pauses: [JobQueue.Pause]) -> Record {
        var record = Record(["name": .text(platform.rawValue), "platform": .text(platform.rawValue)])
        record.fields += Self.standing(pauses)
        return record
    }

    /// Whether an app is paused, where, since when and why.
    private static func standing(_ pauses: [JobQueue.Pause]) -> [Record.Entry] {
        let first = pauses.first
        let queues = pauses.compactMap { pause -> Field? in
            if case .app(_, let queue) = pause.scope { Field.text("\(queue)") } else { nil }
        }
        return [
            Record.Entry(key: "state", value: .state(first == nil ? "active" : "paused")),
            Record.Entry(key: "paused_queues", value: queues.isEmpty ? .none : .list(queues)),
            Record.Entry(key: "state_reason", value: .optional(first?.reason)),
            Record.Entry(key: "paused_by", value: .optional(first?.by)),
            Record.Entry(key: "paused_at", value: .time(first?.since, in: "UTC")),
        ]
    }
}

extension CharacterSet {
    /// What may stand in one segment of a path as it is.
    fileprivate static let urlPathSegmentAllowed = CharacterSet.urlPathAllowed.subtracting(
        CharacterSet(charactersIn: "/;"))
}
