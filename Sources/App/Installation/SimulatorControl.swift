// SPDX-License-Identifier: MIT

import Foundation
import PluginHost
import PluginKit

/// The way to the simulator's own endpoints.
struct SimulatorControl: Sendable {
    let origin: String

    /// Opens connections, runs the body, closes them.
    func withAdmin<Result>(_ body: (SimulatorAdmin) async throws -> Result) async throws -> Result {
        guard let url = URL(string: self.origin), let origin = PlatformOrigin(self.origin) else {
            throw CommandError(.configuration, "“\(self.origin)” is no address of a simulator")
        }
        let client = PlatformHTTPClient(PlatformHTTPConfiguration(origin: origin))
        // Under an origin the first part of the path stands for the host.
        let manifest = PluginManifest(
            id: "simulator", name: "Simulator", apiVersion: "1", hosts: ["_admin"], capabilities: [], formats: [],
            limitsReadOn: "2026-11-21")
        do {
            let result = try await body(SimulatorAdmin(http: client.transport(for: manifest), origin: url))
            try await client.shutdown()
            return result
        } catch {
            // The error that brought us here is the one to tell.
            try? await client.shutdown()
            throw error
        }
    }
}
