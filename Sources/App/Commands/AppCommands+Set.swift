// SPDX-License-Identifier: MIT

import ArgumentParser
import JobQueue
import Persistence
import PluginKit
import Publishing

extension AppCommands {
    struct Set: PosthornCommand {
        static let configuration = CommandConfiguration(
            "set", "Change an app's secret, or whether the platform has approved it.",
            details:
                "The new secret is sealed in place of the old one; workers use it from then on, and no account is connected again.",
            examples: ["app set main-x --secret-file secret.txt", "app set tiktok/main --audit approved"],
            keys: AppRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AppReference
        @Option(help: ArgumentHelp("A file that holds its secret, - for standard input.", valueName: "file"))
        var secretFile: String?
        @Option(help: ArgumentHelp("unknown, development or approved.", valueName: "state"))
        var audit: String?

        func validate() throws {
            guard self.secretFile != nil || self.audit != nil else {
                throw ValidationError("Say what to change: --secret-file, --audit or both.")
            }
            guard self.audit.map({ AuditState(rawValue: $0) != nil }) ?? true else {
                throw ValidationError("--audit is unknown, development or approved.")
            }
        }

        func run(_ context: CommandContext) async throws {
            let secret = try self.secretFile.map(AppRows.secret)
            let base = try AppRows.base(context)
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    let app = try await services.apps.kept(self.which.app)
                    let what = [secret.map { _ in "secret" }, self.audit.map { _ in "audit state" }].compactMap(\.self)
                    return context.output.note(
                        "would change the \(what.joined(separator: " and ")) of the app \(app.name)")
                }
                let app = try await services.apps.set(
                    self.which.app, secret: secret, audit: self.audit.flatMap { AuditState(rawValue: $0) })
                context.output.success("changed the app \(app.name)")
                context.output.show(
                    AppRows.record(
                        app, manifest: services.registry[app.platform]?.manifest, base: base,
                        pauses: try await services.apps.pauses()[.app(app.id)] ?? []))
            }
        }
    }
}
