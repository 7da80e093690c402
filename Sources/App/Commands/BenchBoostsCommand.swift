// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation

/// `posthorn bench boosts`.
struct BenchBoostsCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "boosts", "Let a month of boosts pass while workers die and answers are lost, and compare every cent.",
        details: """
            Starts an installation of its own in a temporary folder, plans boosts over half of the time whose caps hold only a share of what they may
            cost, and lets the pretend world's days pass while workers are killed (kill -9) by chance and at every step in turn, PostgreSQL restarts, and calls for campaigns, their
            activation and their stop lose their answers, with and without effect. Some boosts are stopped by a person. Then it compares the
            ledger with the pretend platforms: nothing above a cap at any moment, no second campaign, none left running, spend equal to the cent
            (X bills millionths: what is less than a cent of a boost counts as one). Exit code 1 when a promise was broken.
            """,
        examples: [
            "bench boosts", "bench boosts --boosts 100 --clients 5 --days 8",
            "bench boosts --platforms mock --seed 7 -o json",
        ],
        keys: [
            Column("boosts", nil, "boosts that were planned"),
            Column("completed", nil, "boosts that came to their end"),
            Column("stopped", nil, "boosts that were stopped on the platform"),
            Column("rejected", nil, "boosts that the platform refused"),
            Column("cancelled", nil, "boosts that were called off before they began"),
            Column("failed", nil, "boosts that did not start"),
            Column("refused", nil, "boosts that a cap did not allow"),
            Column("unfinished", nil, "boosts in no known end"),
            Column("campaigns", nil, "campaigns that were made, by platform (Instagram's are Facebook's)"),
            Column("second", nil, "campaigns beyond the first of a boost"),
            Column("left_running", nil, "campaigns that deliver although their boost has ended"),
            Column("above_cap", nil, "the most that was set aside or spent above a cap at any moment"),
            Column("booked", nil, "what the ledger has as spent"), Column("reported", nil, "what the platform says"),
            Column("different", nil, "boosts whose spend differs"),
            Column("left_over", nil, "money that is still set aside for ended boosts"),
            Column("reconciled", nil, "looks at the platform after a lost answer"),
            Column("kills", nil, "workers killed by chance"),
            Column("killed_at", nil, "workers that died at a step, by step"),
            Column("freezes", nil, "workers frozen until they were taken for dead"),
            Column("released", nil, "jobs that workers died with three times, let go on by a person"),
            Column("seed", nil, "where the run's chance came from"), Column("seconds", nil, "real seconds"),
            Column("kept", nil, "whether every promise was kept"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("How many boosts.", valueName: "n")) var boosts = 1_000
    @Option(help: ArgumentHelp("How many clients.", valueName: "n")) var clients = 25
    @Option(
        help: ArgumentHelp(
            "The platforms, with commas: \(BoostChaosPlatform.all.map(\.name).joined(separator: ", ")).",
            valueName: "platforms"))
    var platforms = BoostChaosPlatform.all.map(\.name).joined(separator: ",")
    @Option(help: ArgumentHelp("How many days of the pretend world pass.", valueName: "n")) var days = 30
    @Option(help: ArgumentHelp("How many worker processes.", valueName: "n")) var workers = 2
    @Option(name: .customLong("kill-every"), help: ArgumentHelp("Seconds between two kills.", valueName: "s"))
    var killEvery = 5.0
    @Option(help: ArgumentHelp("The share of calls whose answer is lost after taking effect.", valueName: "0…1"))
    var lost = 0.05
    @Option(help: ArgumentHelp("Where the run's chance comes from.", valueName: "n")) var seed: UInt64 = 1
    @Flag(name: .customLong("keep"), help: "Keep the folder with database and logs.") var keepsFolder = false

    private var chosen: [BoostChaosPlatform?] {
        self.platforms.split(separator: ",").map { BoostChaosPlatform.named($0.trimmingCharacters(in: .whitespaces)) }
    }

    func validate() throws {
        guard !self.chosen.isEmpty, self.chosen.allSatisfy({ $0 != nil }) else {
            throw ValidationError(
                "--platforms '\(self.platforms)': some of \(BoostChaosPlatform.all.map(\.name).joined(separator: ","))."
            )
        }
        guard self.boosts > 0, self.clients > 0, self.workers > 0, (4...90).contains(self.days), self.killEvery > 0,
            (0...0.5).contains(self.lost)
        else {
            throw ValidationError(
                "--boosts, --clients, --workers and --kill-every must be above 0, --days from 4 to 90, --lost from 0 to 0.5."
            )
        }
    }

    func run(_ context: CommandContext) async throws {
        var options = BoostChaosOptions()
        options.boosts = self.boosts
        options.clients = self.clients
        options.platforms = self.chosen.compactMap(\.self)
        options.days = self.days
        options.workers = self.workers
        options.killEvery = .milliseconds(Int64(self.killEvery * 1_000))
        options.lostShare = self.lost
        options.seed = self.seed
        let state = StateFolder("\(FileManager.default.temporaryDirectory.path)/posthorn-boosts-\(getpid())")
        let run = BoostChaosRun(options: options, context: context, state: state)
        let ended = try await StopSignal.guarding { try await run.run() }
        guard case .finished(let (verdict, deaths, seconds)) = ended else {
            return context.output.note("stopped; the folder is \(state.path)")
        }
        context.output.show(self.record(verdict, deaths: deaths, seconds: seconds), idKey: "kept")
        if self.keepsFolder || !verdict.isKept {
            context.output.note("database and logs are in \(state.path)")
        } else {
            try FileManager.default.removeItem(atPath: state.path)
        }
        guard verdict.isKept else {
            throw CommandError(
                .failed, "a promise was broken", details: verdict.different.prefix(20).map { "spend differs: \($0)" })
        }
    }

    private func record(_ verdict: BoostChaosVerdict, deaths: BoostChaosDeaths, seconds: Double) -> Record {
        func money(_ units: Int64) -> Field { .money(minorUnits: units, currency: "EUR", places: 2) }
        func count(_ state: String) -> Field { .count(verdict.boosts[state] ?? 0) }
        func counts(_ numbers: [String: Int]) -> Field {
            .record(
                Record(
                    entries: numbers.sorted { $0.key < $1.key }.map {
                        Record.Entry(key: $0.key, value: .count($0.value))
                    }))
        }
        return Record([
            "boosts": .count(self.boosts), "completed": count("completed"), "stopped": count("stopped"),
            "rejected": count("rejected"), "cancelled": count("cancelled"), "failed": count("failed"),
            "refused": .count(verdict.refused), "unfinished": .count(verdict.unfinished),
            "campaigns": counts(verdict.campaigns),
            "second": .count(verdict.second),
            "left_running": .count(verdict.leftRunning), "above_cap": money(verdict.aboveCap),
            "booked": money(verdict.booked), "reported": money(verdict.reported),
            "different": .count(verdict.different.count), "left_over": money(verdict.leftOver),
            "reconciled": .count(verdict.reconciled), "kills": .count(deaths.byChance),
            "killed_at": counts(deaths.atStep), "freezes": .count(deaths.freezes), "released": .count(deaths.released),
            "seed": .count(Int(clamping: self.seed)), "seconds": .number(seconds, places: 1),
            "kept": .flag(verdict.isKept),
        ])
    }
}
