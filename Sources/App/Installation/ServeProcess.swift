// SPDX-License-Identifier: MIT

import Foundation

/// What answers the world in a local installation: media for platforms that fetch it, health and metrics.
struct ServeProcess: Sendable {
    /// Where requests come in.
    let address: String
    /// Where health and metrics are.
    let adminAddress: String
    /// The address that the world uses; in a simulated world the own one unless another is configured.
    let publicURL: String?
    private let port: Int
    private let admin: Int?
    private let log: String

    /// Chooses the ports; starts nothing.
    ///
    /// - Throws: ``CommandError`` with exit code 73 when the wanted port is taken and must not be moved.
    init(options: InstallationOptions, settings: Settings, state: StateFolder) throws {
        let configured = settings.text("public.url")
        // A proxy that passes requests on knows one port.
        let mayMove = options.servePort == nil && configured == nil
        let wanted = options.servePort ?? 8400
        guard mayMove || FreePort.isFree(wanted) else {
            throw CommandError(
                .conflict, "port \(wanted) on 127.0.0.1 is taken",
                remedy: "stop what uses it, or choose another with --serve-port")
        }
        self.port = FreePort.isFree(wanted) ? wanted : try FreePort.any()
        self.address = "127.0.0.1:\(self.port)"
        if let text = settings.text("admin.address") {
            self.admin = nil
            self.adminAddress = text
        } else {
            let admin = FreePort.isFree(9464) ? 9464 : try FreePort.any()
            self.admin = admin
            self.adminAddress = "127.0.0.1:\(admin)"
        }
        self.publicURL = configured ?? (options.isSimulated ? "http://127.0.0.1:\(self.port)" : nil)
        self.log = "\(state.logs)/serve.log"
    }

    /// Keeps it running until the task is cancelled, then lets answers end.
    func run(_ environment: [String: String?]) async throws {
        try await Supervised(
            ChildProcess(
                name: "serve", executable: OwnBinary.path,
                arguments: [
                    "serve", "--port", String(self.port), "--admin-address", self.adminAddress, "--with-parent",
                    String(getpid()),
                ], environment: environment, logFile: self.log)
        ).run()
    }

    /// Returns when it answers.
    ///
    /// - Throws: ``CommandError`` with exit code 69 when it does not within 30 seconds.
    func waitUntilListening() async throws {
        let end = ContinuousClock.now + .seconds(30)
        while ([self.port] + [self.admin].compactMap(\.self)).contains(where: FreePort.isFree) {
            guard ContinuousClock.now < end else {
                throw CommandError(.unreachable, "serve did not start within 30 seconds", details: ["see \(self.log)"])
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
