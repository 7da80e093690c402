// SPDX-License-Identifier: MIT

import ArgumentParser
import Publishing

extension AppCommands {
    struct Check: PosthornCommand {
        static let configuration = CommandConfiguration(
            "check", "Check an app, and say what to register at the platform and what to do about what is wrong.",
            details: """
                Redirect URI and scopes to register; then what is kept of the app here, how its accounts stand, and what the platform says. The
                platform is asked only where its documents name a call that shows an app without anybody's account (Meta's debug_token).
                Exit code 0 when nothing failed (warnings may remain), 1 when something did, 69 when only the platform could not be reached, 75
                when it takes no more calls for now.
                """,
            examples: ["app check", "app check main-x", "app check x/main-x -o json", "app check facebook"],
            keys: AppFindings.columns)

        @OptionGroup var options: CommandOptions
        @Argument(
            help: ArgumentHelp(
                "The app as name, platform/name or id; a platform alone means its app of the configuration. All when left out.",
                valueName: "app"))
        var app: String?

        func run(_ context: CommandContext) async throws {
            let base = try AppRows.base(context)
            let publicURL = try context.platformSettings().publicURL()
            try await context.withServices { services in
                let found = try await services.appChecker.check(self.app).map { check in
                    AppFindings(
                        check, manifest: services.registry[check.platform]?.manifest, base: base,
                        publicURL: publicURL)
                }
                context.output.show(
                    Listing(
                        AppFindings.columns, rows: found.flatMap(\.records), idKey: "check",
                        empty: "no apps yet; add one with `posthorn app add`"))
                let findings = found.flatMap(\.all)
                let failed = findings.count { $0.state == .failed }
                let warnings = findings.count { $0.state == .warning }
                context.output.note(
                    failed + warnings == 0
                        ? "nothing is wrong with \(found.count == 1 ? "the app" : "\(found.count) apps")"
                        : "\(failed) failed, \(warnings) to look at")
                if let status = AppFindings.status(of: found) { throw Finished(status: status) }
            }
        }
    }
}
