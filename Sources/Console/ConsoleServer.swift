// SPDX-License-Identifier: MIT

package import Logging
package import Publishing
import ServiceLifecycle

/// What `posthorn serve` answers: files for platforms to the world, health and metrics to the operator.
///
/// The two have addresses of their own, so that a proxy in front of the first shows nothing of the second.
package final class ConsoleServer: Sendable {
    private let group: ServiceGroup

    /// Makes a server; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - configuration: Addresses and times.
    ///   - shelf: The files that are handed out.
    ///   - connect: What answers people with a connect link; `nil` where nobody does.
    ///   - webhooks: What takes what platforms tell; `nil` where nothing does.
    ///   - readiness: Why work cannot be done now; asked at each look at `/readyz`.
    ///   - logger: For what an operator reads.
    ///   - onListening: Called once, when requests can come.
    package init(
        configuration: ConsoleConfiguration, shelf: MediaShelf, connect: ConnectLinkService? = nil,
        webhooks: WebhookService? = nil,
        readiness: @escaping Readiness, logger: Logger,
        onListening: @escaping @Sendable (ConsolePorts) async -> Void = { _ in }
    ) {
        let state = ServeState()
        let admin = ConsoleListener(
            address: configuration.admin, setting: "POSTHORN_ADMIN_ADDRESS",
            responder: AdminResponder(state: state, version: configuration.version, readiness: readiness),
            logger: logger, onDraining: {},
            onListening: { port in if let ports = state.listens(admin: port) { await onListening(ports) } })
        let media = ConsoleListener(
            address: configuration.address, setting: "--host and --port",
            responder: PublicResponder(
                media: MediaResponder(shelf: shelf, state: state, logger: logger),
                connect: connect.map { ConnectResponder(links: $0, root: configuration.root, logger: logger) },
                webhooks: webhooks.map {
                    WebhookResponder(webhooks: $0, root: configuration.root, clock: shelf.clock, logger: logger)
                }),
            logger: logger,
            onDraining: { state.drain() },
            onListening: { port in if let ports = state.listens(address: port) { await onListening(ports) } })
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        // They end in the opposite order: health can be asked for until the last answer is out.
        var services = ServiceGroupConfiguration(services: [admin, media], logger: quiet)
        services.maximumGracefulShutdownDuration = configuration.grace
        self.group = ServiceGroup(configuration: services)
    }

    /// Serves until it was drained, or until the task is cancelled.
    ///
    /// - Throws: ``ConsoleError`` for an address that cannot be listened on.
    package func run() async throws { try await self.group.run() }

    /// Takes no more requests and lets ``run()`` end when the answers that are on their way are out, or their grace is over.
    package func drain() async { await self.group.triggerGracefulShutdown() }
}
