// SPDX-License-Identifier: MIT

import PluginKit

extension ConformanceSuite {
    mutating func checkApp(_ fixture: AppFixture) async {
        let secret = fixture.app.secret?.revealed ?? ""
        switch await self.report(fixture, fixture.exchange.outcome) {
        case .success(let report):
            self.expect(
                report?.isAccepted == true && report?.id ?? fixture.app.id == fixture.app.id,
                "an app that the platform accepts is reported as that app", "\(String(describing: report))")
        case .failure(let error): self.expect(false, "the recorded answer reports on the app", "\(error)")
        }
        switch await self.report(fixture, .reply(fixture.refused("no app with \(secret)"))) {
        case .success(let report):
            self.expect(
                report?.isAccepted == false, "an app that the platform does not accept is a report",
                "\(String(describing: report))")
            self.expect(
                report?.refusal?.contains(secret) != true, "a report carries no secret", "the platform's words")
        case .failure(let error):
            self.expect(false, "an app that the platform does not accept is a report", "\(error)")
        }
        var cases: [(ScriptedExchange.Outcome, PluginError.Code)] = [
            (.lost, .retryAfter), (.notSent, .retryAfter), (.reply(self.fixtures.answers.limited), .rateLimited),
        ]
        cases += self.fixtures.answers.failures.map { (.reply($0), .retryAfter) }
        for (outcome, code) in cases {
            guard case .failure(let error) = await self.report(fixture, outcome) else {
                self.expect(false, "a question about an app that fails is an error", "\(outcome)")
                continue
            }
            self.expect(
                error.code == code, "a failed question about an app has the class of the contract",
                "\(error), not \(code)")
            self.expect(!error.description.contains(secret), "an error carries no secret of the app", "\(outcome)")
        }
    }

    private func report(
        _ fixture: AppFixture, _ outcome: ScriptedExchange.Outcome
    ) async -> Result<AppReport?, PluginError> {
        var exchange = fixture.exchange
        exchange.outcome = outcome
        guard let plugin = self.plugin(ScriptedTransport([exchange])) as? any AppChecking else {
            return .failure(PluginError(.unsupported, "the plugin cannot ask about an app"))
        }
        do {
            return .success(try await plugin.report(on: fixture.app))
        } catch {
            return .failure(error)
        }
    }
}
