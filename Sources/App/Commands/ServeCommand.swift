// SPDX-License-Identifier: MIT

import ArgumentParser
import Console
import Foundation
import JobQueue
import Logging
import PQClient
import Publishing

/// `posthorn serve`.
struct ServeCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "serve",
        "Answer the world: platforms that fetch media, people with a connect link. Health and metrics beside it.",
        details: """
            Platforms such as Instagram fetch pictures themselves. Their addresses begin with POSTHORN_PUBLIC_URL, are signed with
            POSTHORN_SECRET_KEY and end after a day: key, media store and public address must be the workers'. Let a proxy that ends TLS pass
            requests for /media/, /connect/ and /oauth/ on to --host and --port, without redirects. Files are streamed; HEAD and ranges of bytes are
            answered. The links of `account connect --link` are answered for as long as they live; without a public address, by a tunnel to this machine.

            /healthz, /readyz and /metrics are at POSTHORN_ADMIN_ADDRESS (127.0.0.1:9464), not for the world.
            SIGTERM or ^C takes no more requests, lets answers end for POSTHORN_SHUTDOWN_GRACE (30s) and exits 0; a second one ends at once with 130.
            """,
        examples: [
            "POSTHORN_PUBLIC_URL=https://posthorn.example posthorn serve",
            "serve --host 0.0.0.0 --port 8400 --admin-address 0.0.0.0:9464",
        ],
        keys: [
            Column("address", nil, "where the proxy's requests come in"),
            Column("admin_address", nil, "where health and metrics are"),
            Column("public_url", nil, "the address that the world uses"),
        ])
    static let service: String? = "serve"

    @OptionGroup var options: CommandOptions

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("The port to listen on; 0 takes any free one.", valueName: "n"))
    var port = 8400

    @Option(help: ArgumentHelp("Where health and metrics are asked for.", valueName: "host:port"))
    var adminAddress: String?

    @Option(help: ArgumentHelp("The address that the world reaches this installation at.", valueName: "url"))
    var publicURL: String?

    @Option(name: .customLong("with-parent"), help: .hidden)
    var parent: Int32?

    var flags: [String: String] {
        let given = ["admin.address": self.adminAddress, "public.url": self.publicURL]
        return given.compactMapValues { $0 }
    }

    func validate() throws {
        guard (0...65_535).contains(self.port) else { throw ValidationError("--port must be between 0 and 65535.") }
    }

    func run(_ context: CommandContext) async throws {
        let platforms = try context.platformSettings()
        let settings = try ServeSettings(context.settings, platforms: platforms)
        var configuration = ConsoleConfiguration()
        configuration.address = ListenAddress(host: self.host, port: self.port)
        configuration.admin = settings.admin
        configuration.grace = settings.grace
        let path = settings.publicURL?.path ?? ""
        configuration.root = path.hasSuffix("/") ? String(path.dropLast()) : path
        configuration.version = Version.number
        let known = configuration
        let parent = self.parent
        try await context.withServices(role: "serve", connections: 4) { services in
            let pool = services.pool
            let shelf = MediaShelf(
                links: settings.publicURL.map { MediaLinks(base: $0, keys: services.keys) }, store: services.media,
                clock: services.mirror.clock)
            let server = ConsoleServer(
                configuration: known, shelf: shelf, connect: services.connectLinks, webhooks: services.webhooks,
                readiness: {
                    do {
                        try await Schema(pool: pool).require(world: platforms.world)
                        return nil
                    } catch {
                        return CommandError(describing: error).what
                    }
                }, logger: context.logger
            ) { ports in
                let address = ListenAddress(host: known.address.host, port: ports.address)
                let admin = ListenAddress(host: known.admin.host, port: ports.admin)
                context.output.show(
                    Record([
                        "address": .text("\(address)"), "admin_address": .text("\(admin)"),
                        "public_url": .optional(settings.publicURL?.absoluteString),
                    ]), idKey: "address")
                guard let url = settings.publicURL?.absoluteString else {
                    context.output.warn(
                        "no public address is configured, so platforms cannot fetch files: set POSTHORN_PUBLIC_URL, here and for the workers"
                    )
                    return context.output.note("this machine is answered at \(address) · ^C stops it")
                }
                context.output.note("\(url) is served at \(address) · ^C stops it")
            }
            try await withBackground {
                try await services.followWorld()
            } _: {
                try await ServeLifetime(parent: parent) {
                    context.output.note("stopping: answers that are under way may end · ^C again cuts them off")
                }.run(server)
            }
        }
    }
}

extension ServiceContext {
    /// Asks the database for the world's time again and again, since a simulated world's clock may be moved, and forgets what
    /// connect links left whose person never came back.
    fileprivate func followWorld() async throws {
        while true {
            try await Task.sleep(for: .seconds(5))
            do {
                let now = try await self.pool.withConnection { db in try await WorldTime.now(on: &db) }
                self.mirror.observe(now, rate: try await WorldStore(pool: self.pool).load().rate)
                try await self.connectLinks.forgetOver()
            } catch let error as PQError {
                // Our own clock carries on meanwhile; `/readyz` tells of the database.
                Logger.current.debug("the world's time could not be asked for", metadata: ["reason": "\(error)"])
            }
        }
    }
}
