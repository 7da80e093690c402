// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Publishing

/// `posthorn intent`.
struct IntentCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "intent", "See what was sent and is not known, look again, and settle it.",
        details: """
            Each visible step outside has an intent: prepared, sending, then confirmed or rejected. When the answer was lost it is
            unknown: the platform is looked at before anything is sent again, and what a look cannot settle waits for a person.
            """,
        examples: [
            "intent list", "intent show publish:0198f2c4-…", "intent reconcile publish:0198f2c4-…",
            "intent resolve publish:0198f2c4-… --confirmed https://x.com/acme/status/1234 --reason 'seen on the page'",
            "intent resolve publish:0198f2c4-… --absent --reason 'not on the page after an hour'",
        ],
        subcommands: [List.self, Show.self, Reconcile.self, Resolve.self])

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List what is not known, the one sent first at the top.",
            examples: ["intent list", "intent list --client acme -o json", "intent list --state confirmed --limit 20"],
            keys: IntentRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Option(
            help: ArgumentHelp("unknown, prepared, sending, confirmed or rejected.", valueName: "state"))
        var state: String = "unknown"
        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int = 100

        func run(_ context: CommandContext) async throws {
            guard let state = EffectState(rawValue: self.state) else {
                throw CommandError.usage(
                    "there is no state “\(self.state)”",
                    remedy: "states are: \(EffectState.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let intents = try await context.withServices {
                try await $0.intents.list(state, client: self.client, limit: max(1, self.limit))
            }
            context.output.show(
                Listing(
                    IntentRows.columns, rows: intents.map(IntentRows.record),
                    empty: state == .unknown ? "nothing is unknown" : "no intent is \(state.rawValue)"))
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show an intent with every send, what proves it, and who looks for it when.",
            examples: ["intent show publish:0198f2c4-…", "intent show 0198f2c4-… -o json"],
            keys: IntentRows.detailKeys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: IntentChoice

        func run(_ context: CommandContext) async throws {
            let detail = try await context.withServices { try await $0.intents.show(self.which.intent) }
            context.output.show(IntentRows.record(detail))
        }
    }

    struct Reconcile: PosthornCommand {
        static let configuration = CommandConfiguration(
            "reconcile", "Look at the platform now instead of at the planned time.",
            details: """
                A look that comes before the platform's lists can show the send proves nothing and is put off until they can. One that
                waits for a person, or for a token, is taken again. A known outcome is refused (exit code 73).
                """,
            examples: ["intent reconcile publish:0198f2c4-…"], keys: IntentRows.detailKeys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: IntentChoice

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    let intent = try await services.intents.show(self.which.intent).intent
                    return context.output.note("would look for \(intent.id), which is \(intent.effect.state.rawValue)")
                }
                let detail = try await services.intents.reconcile(self.which.intent)
                context.output.success("a worker looks for \(detail.intent.id) now")
                context.output.show(IntentRows.record(detail))
            }
        }
    }

    struct Resolve: PosthornCommand {
        static let configuration = CommandConfiguration(
            "resolve", "Say what became of a send whose outcome is not known.",
            details: """
                Confirmed, the publication or boost is recorded as if the platform had answered, and its metrics are planned. Absent, it
                may be sent again: look well, or it is there twice. Who said so, and why, is kept. A known outcome is refused (exit code
                73).
                """,
            examples: [
                "intent resolve publish:0198f2c4-… --confirmed https://x.com/acme/status/1234 --reason 'seen on the page'",
                "intent resolve boost:0198f2c4-… --confirmed 23851234 --reason 'running in the ads manager'",
                "intent resolve publish:0198f2c4-…#2 --absent --reason 'third post of the thread is missing'",
            ], keys: IntentRows.detailKeys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: IntentChoice
        @Option(
            help: ArgumentHelp(
                "It is there: its address, when the address ends with the platform's id, or the id.",
                valueName: "url|id"))
        var confirmed: String?
        @Flag(name: .customLong("absent"), help: "It took no effect: send it again.")
        var isAbsent = false
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String

        func validate() throws {
            guard (self.confirmed != nil) != self.isAbsent else {
                throw ValidationError("Say what became of it: --confirmed URL, or --absent.")
            }
            guard !self.reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason says nothing.") }
        }

        func run(_ context: CommandContext) async throws {
            let decision: IntentDecision = self.confirmed.map { .confirmed($0) } ?? .absent
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    let intent = try await services.intents.show(self.which.intent).intent
                    return context.output.note(
                        "would settle \(intent.id), which is \(intent.effect.state.rawValue), as "
                            + (self.isAbsent ? "absent" : "confirmed"))
                }
                let detail = try await services.intents.resolve(
                    self.which.intent, as: decision, actor: Actor.current, reason: self.reason)
                context.output.success(
                    self.isAbsent ? "\(detail.intent.id) may be sent again" : "\(detail.intent.id) is confirmed")
                context.output.show(IntentRows.record(detail))
            }
        }
    }
}

/// Which intent a command is about.
struct IntentChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "publish:TARGET or boost:BOOST, with #N for a later piece; or the id of the target, boost or job.",
            valueName: "intent"))
    var intent: String
}
