// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import JobQueue
import Persistence
import Publishing

extension AppCommands {
    struct Pause: PosthornCommand {
        static let configuration = CommandConfiguration(
            "pause", "Stop all work of an app's accounts until it is resumed.",
            details: """
                Jobs keep their places and attempts. Boosts that run on the platform go on and are looked at, and what was sent is looked for.
                """,
            examples: ["app pause main-x --reason 'new credits on Monday'", "app pause x/main-x", "app pause x"],
            keys: AppRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AppReference
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let choice = try await services.apps.choose(self.which.app)
                guard !self.change.isDryRun else { return context.output.note("would pause the app \(choice.name)") }
                try await services.apps.pause(self.which.app, actor: Actor.current, reason: self.reason)
                context.output.success("paused the app \(choice.name)")
                try await AppReference.show(choice, services, context)
            }
        }
    }

    struct Resume: PosthornCommand {
        static let configuration = CommandConfiguration(
            "resume", "Let the work of an app's accounts go on, whether a person or a platform stopped it.",
            details: "If the platform still refuses the app, the first job says so and it stops again.",
            examples: ["app resume main-x", "app resume x/main-x", "app resume x"], keys: AppRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AppReference
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let choice = try await services.apps.choose(self.which.app)
                guard !self.change.isDryRun else { return context.output.note("would resume the app \(choice.name)") }
                let resumed = try await services.apps.resume(
                    self.which.app, actor: Actor.current, reason: self.reason)
                if resumed.wasStopped {
                    context.output.success("resumed the app \(choice.name)")
                } else {
                    context.output.note("the app \(choice.name) was not paused")
                }
                try await AppReference.show(choice, services, context)
            }
        }
    }
}

/// Which app is paused or resumed.
struct AppReference: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The app as name, platform/name or id; a platform alone means its app of the configuration.",
            valueName: "app"))
    var app: String

    /// Shows an app as it stands now.
    static func show(_ choice: AppChoice, _ services: ServiceContext, _ context: CommandContext) async throws {
        let pauses = try await services.apps.pauses()[choice.scope] ?? []
        guard let app = choice.app else {
            return context.output.show(AppRows.configured(PlatformID(rawValue: choice.name), pauses: pauses))
        }
        context.output.show(
            AppRows.record(
                app, manifest: services.registry[app.platform]?.manifest, base: try AppRows.base(context),
                pauses: pauses))
    }
}

extension ServiceContext {
    var apps: AppService { AppService(pool: self.pool, registry: self.registry, keys: self.keys) }
    var appChecker: AppChecker { AppChecker(apps: self.apps, accesses: self.accesses) }
}
