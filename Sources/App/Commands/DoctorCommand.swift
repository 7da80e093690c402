// SPDX-License-Identifier: MIT

import ArgumentParser

/// `posthorn doctor`.
struct DoctorCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "doctor", "Check everything, and say what to do about what is wrong.",
        details: "Exit code 0 when nothing failed (warnings may remain), 1 otherwise.",
        examples: ["doctor", "doctor -o json", "doctor --fix"], keys: Finding.columns)

    @OptionGroup var options: CommandOptions

    @Flag(name: .customLong("fix"), help: "Put right what is safe: apply missing migrations.")
    var fixes = false

    func run(_ context: CommandContext) async throws {
        var findings = await MachineChecks(context: context).run()
        var database = await DatabaseChecks(context: context).run()
        if self.fixes, database.contains(where: { $0.check == "schema" && $0.state == .failed }) {
            let world = try context.platformSettings().world
            let url = try context.databaseSettings().migrateURL
            let applied = try await context.withPool(connections: 2, url: url) {
                try await Schema(pool: $0).up(world: world)
            }
            context.output.success("applied \(applied.count) migrations")
            database = await DatabaseChecks(context: context).run()
        }
        findings += database
        context.output.show(Listing(Finding.columns, rows: findings.map(\.record), idKey: "check"))
        let failed = findings.filter { $0.state == .failed }.count
        let warnings = findings.filter { $0.state == .warning }.count
        context.output.note(
            failed + warnings == 0
                ? "everything is as it should be" : "\(failed) failed, \(warnings) to look at")
        if failed > 0 { throw Finished(status: .failed) }
    }
}
