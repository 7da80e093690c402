// SPDX-License-Identifier: MIT

import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// One listening address with what answers there.
struct ConsoleListener<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    /// How long a connection without a request is kept.
    private static var idleTimeout: TimeAmount { .seconds(75) }

    let address: ListenAddress
    /// What sets the address, for messages.
    let setting: String
    let responder: Responder
    let logger: Logger
    let onDraining: @Sendable () -> Void
    let onListening: @Sendable (Int) async -> Void

    /// Serves until a graceful shutdown, which lets running answers end, or until the task is cancelled.
    func run() async throws {
        // The framework's own lines about its life would only be noise here.
        var quiet = self.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let wanted = self.address.port
        let listens = self.onListening
        let application = Application(
            responder: self.responder, server: .http1(configuration: .init(idleTimeout: Self.idleTimeout)),
            configuration: ApplicationConfiguration(
                address: .hostname(self.address.host, port: wanted), backlog: 1024),
            onServerRunning: { channel in await listens(channel.localAddress?.port ?? wanted) }, logger: quiet)
        do {
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                self.onDraining()
            }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ConsoleError(
                .portTaken, "cannot listen on \(self.address): another program uses this port",
                remedy: "stop it, or choose another with \(self.setting)")
        } catch let error as IOError {
            throw ConsoleError(
                .cannotListen, "cannot listen on \(self.address): \(String(cString: strerror(error.errnoCode)))",
                remedy: "choose an address of this machine with \(self.setting)")
        }
    }
}
