// SPDX-License-Identifier: MIT

import ArgumentParser

/// `posthorn`.
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "posthorn",
        abstract: "The engine room of an agency that runs social media for many clients.",
        discussion: """
            Start here:
              posthorn demo          see it work, from nothing to a result, in a minute
              posthorn up            PostgreSQL, simulator and workers on this machine
              posthorn doctor        what is wrong, and what to do

            Every command has --help with examples and the keys of its JSON output. Configuration comes from flags, then \
            POSTHORN_… variables, then --config FILE, then defaults.

            EXIT CODES:
              0  done           64  usage            73  conflict
              1  failed         65  bad input data   75  try again
              2  partly failed  66  not found        77  not permitted
            130  interrupted    69  unreachable      78  configuration
            """,
        version: Version.words,
        groupedSubcommands: [
            CommandGroup(name: "Start and operate", subcommands: operations),
            CommandGroup(name: "Clients and posts", subcommands: nouns),
        ])

    private static let nouns: [any ParsableCommand.Type] = [
        ClientCommands.self, AccountCommands.self, AppCommands.self, PostCommands.self, BoostCommands.self,
        BudgetCommands.self, MetricsCommands.self, JobCommands.self, IntentCommands.self, QueueCommands.self,
        ScheduleCommands.self, LimitCommands.self, HistoryCommands.self, BestTimesCommands.self,
    ]

    private static let operations: [any ParsableCommand.Type] = [
        DemoCommand.self, UpCommand.self, MigrateCommands.self, WorkerCommands.self, ServeCommand.self,
        SimulatorCommand.self, PluginCommands.self, DoctorCommand.self, BenchCommands.self, ChaosCommand.self,
    ]
}
