// SPDX-License-Identifier: MIT

public import PluginKit

/// A rule of the contract that a plugin broke.
public struct ConformanceFailure: Sendable, Hashable, CustomStringConvertible {
    /// The rule, as a sentence.
    public var rule: String
    /// Where and how.
    public var detail: String

    /// Rule and detail in one line.
    public var description: String { "\(self.rule): \(self.detail)" }
}

/// The rules that every plugin keeps, checked without a network.
public enum PluginConformance {
    /// Runs every rule that fits what the plugin can do.
    ///
    /// - Parameters:
    ///   - plugin: The plugin's type.
    ///   - fixtures: The platform's answers.
    /// - Returns: The rules that were broken; empty for a plugin that keeps the contract.
    public static func run(
        _ plugin: (some CompiledPlugin).Type, _ fixtures: ConformanceFixtures
    ) async -> [ConformanceFailure] {
        var suite = ConformanceSuite(fixtures: fixtures) { plugin.init(context: $0) }
        suite.checkManifest()
        suite.checkValidation()
        for fixture in fixtures.publishes { await suite.checkPublish(fixture) }
        for fixture in fixtures.boosts { await suite.checkBoost(fixture) }
        if let find = fixtures.find { await suite.checkFind(find) }
        if let refresh = fixtures.refresh { await suite.checkRefresh(refresh) }
        if let app = fixtures.app { await suite.checkApp(app) }
        return suite.failures
    }
}

/// The state of one run of the suite.
struct ConformanceSuite {
    let fixtures: ConformanceFixtures
    let make: @Sendable (PluginContext) -> any PlatformPlugin
    var failures: [ConformanceFailure] = []

    init(fixtures: ConformanceFixtures, make: @escaping @Sendable (PluginContext) -> any PlatformPlugin) {
        self.fixtures = fixtures
        self.make = make
    }

    /// Makes a plugin that talks to a script.
    func plugin(_ transport: ScriptedTransport) -> any PlatformPlugin {
        let now = self.fixtures.now
        return self.make(PluginContext(http: transport, clock: WorldClock { now }, publicMedia: .scripted))
    }

    /// Notes a broken rule unless a condition holds.
    mutating func expect(_ condition: Bool, _ rule: String, _ detail: @autoclosure () -> String) {
        if !condition { self.failures.append(ConformanceFailure(rule: rule, detail: detail())) }
    }

    /// Looks for secrets in everything of an error that people see.
    mutating func expectNoSecret(in error: PluginError, _ place: String) {
        let shown = [
            error.description, error.message, error.nextAction ?? "", error.field ?? "", error.platformCode ?? "",
        ].joined()
        let leaked = self.fixtures.access.secrets.contains { shown.contains($0.revealed) }
        self.expect(!leaked, "an error carries no token", place)
    }
}
