// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Persistence
import PluginHost
import Publishing

extension ServiceContext {
    var clients: ClientService { ClientService(pool: self.pool) }
    /// Links by which people connect accounts.
    var connectLinks: ConnectLinkService {
        let origin = self.origin
        return ConnectLinkService(accounts: self.accounts) { page in origin?.serve(page) ?? page }
    }

    var accounts: AccountService {
        AccountService(pool: self.pool, registry: self.registry, vault: self.vault, accesses: self.accesses)
    }
    var adAccounts: AdAccountService { AdAccountService(pool: self.pool, registry: self.registry) }
    var posts: PostService { PostService(pool: self.pool, jobs: self.jobs, registry: self.registry) }
    var boosts: BoostService { BoostService(pool: self.pool, jobs: self.jobs, registry: self.registry) }
    var boostRules: BoostRuleService {
        BoostRuleService(pool: self.pool, jobs: self.jobs, registry: self.registry)
    }
    /// Takes what platforms tell.
    var webhooks: WebhookService {
        WebhookService(
            pool: self.pool, jobs: self.jobs, registry: self.registry, keys: self.keys, vault: self.vault,
            accesses: self.accesses)
    }
    var budgets: BudgetService { BudgetService(pool: self.pool) }
    var metrics: MetricsService { MetricsService(pool: self.pool, jobs: self.jobs, registry: self.registry) }
    var intents: IntentService { IntentService(pool: self.pool, jobs: self.jobs, registry: self.registry) }
    var schedules: ScheduleService { ScheduleService(pool: self.pool, jobs: self.jobs, registry: self.registry) }
    var comments: CommentService { CommentService(pool: self.pool) }
    var timelines: TimelineService { TimelineService(pool: self.pool, jobs: self.jobs) }
}

/// Who types the command, as it stands in the history.
enum Actor {
    /// Whom `POSTHORN_ACTOR` names, else the user of the operating system.
    static var current: String {
        Self.named(by: ProcessInfo.processInfo.environment, user: ProcessInfo.processInfo.userName)
    }

    /// Whom an environment names; what is no name of one line is nobody.
    static func named(by environment: [String: String], user: String) -> String {
        let name = (environment["POSTHORN_ACTOR"] ?? "").trimmingCharacters(in: .whitespaces)
        let breaks = CharacterSet.controlCharacters.union(.newlines)
        let isName = (1...64).contains(name.count) && name.unicodeScalars.allSatisfy { !breaks.contains($0) }
        return "cli:\(isName ? name : user)"
    }
}

extension Field {
    /// A moment in a client's zone.
    static func time(_ date: Date?, in zone: String) -> Field {
        guard let date else { return .none }
        return .time(date, TimeZone(identifier: zone) ?? .gmt)
    }

    /// Money.
    static func money(_ money: Money) -> Field {
        .money(minorUnits: money.minorUnits, currency: money.currency.rawValue, places: money.currency.exponent)
    }

    /// A whole number that may not be given.
    static func optional(_ number: Int64?) -> Field { number.map { .integer($0) } ?? .none }
}

extension CommandError {
    /// Splits `name=value` of an option.
    static func pair(_ text: String, of option: String) throws -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw CommandError.usage("\(option) takes NAME=VALUE, not “\(text)”")
        }
        return (parts[0], parts[1])
    }

    /// Reads a local time or an instant of an option.
    static func time(_ text: String, zone: String?) throws -> PostTime {
        do {
            return try PostTime(text, zone: zone)
        } catch {
            throw CommandError(
                .badData, error.message,
                remedy: "write it as 2026-11-01T09:30, with --tz Europe/Berlin where it is not the client's zone")
        }
    }

    /// Reads a whole file, or standard input for `-`.
    static func contents(of path: String) throws -> Data {
        if path == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(
                .badData, "cannot read the file \(path)", remedy: "is the path right, and readable for this user?")
        }
        return data
    }
}

extension Duration {
    /// Reads `30s`, `5m`, `2h`, `7d`, or plain seconds.
    init?(short text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        guard let number = Int64(unit == nil ? text : String(text.dropLast())), number >= 0, number < 100_000_000 else {
            return nil
        }
        self = .seconds(number * (unit ?? 1))
    }
}
