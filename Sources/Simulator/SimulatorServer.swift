// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// An HTTP server that pretends to be the platforms: `https://HOST/PATH` is served at `/HOST/PATH`.
///
/// It keeps a ledger of every attempted visible effect, injects faults by rule and shows what was published at `/`. See
/// `docs/simulator.md`.
package final class SimulatorServer: Service {
    private let configuration: SimulatorConfiguration
    private let logger: Logger

    /// Makes a server; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - configuration: Address, seed, limits, files.
    ///   - logger: For what an operator should see; the requests are in the ledger.
    package init(configuration: SimulatorConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until the task is cancelled or a graceful shutdown is asked for.
    ///
    /// - Throws: ``SimulatorError`` for a taken port, bad fault rules or an unusable state file.
    package func run() async throws {
        try await self.run { _ in }
    }

    /// Serves until the task is cancelled or a graceful shutdown is asked for.
    ///
    /// - Parameter onListening: Called once with the port, when requests can come.
    /// - Throws: ``SimulatorError`` for a taken port, bad fault rules or an unusable state file.
    package func run(onListening: @escaping @Sendable (Int) async -> Void) async throws {
        var world = World(options: self.options)
        let journal = self.configuration.stateFile.map { Journal(path: $0) }
        try journal?.load(into: &world)
        if let path = self.configuration.faultsFile { try Self.loadFaults(path, into: &world) }
        let recorder = try self.configuration.recordFile.map { try RequestRecorder(path: $0) }
        let uploads = try UploadStore(
            folder: self.configuration.stateFile.map { $0 + ".uploads" }, limit: self.configuration.uploadLimit)
        defer { uploads.close() }
        let (changes, continuation) = AsyncStream.makeStream(of: [JournalEntry].self)
        let files = RemoteFiles()
        let responder = SimulatorResponder(
            world: world, uploads: uploads, files: files, recorder: recorder,
            changes: journal == nil ? nil : continuation)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // The writer ends when the stream does, after everything was written.
            if let journal { group.addTask { try await journal.write(changes) } }
            do {
                try await self.serve(responder, onListening)
            } catch {
                continuation.finish()
                try await files.close()
                throw error
            }
            continuation.finish()
            try await files.close()
            try await group.waitForAll()
        }
    }

    private var options: World.Options {
        World.Options(
            seed: self.configuration.seed, rateScale: self.configuration.rateScale,
            honoursIdempotencyKeys: self.configuration.idempotencyKeys, usesPostFields: self.configuration.postFields,
            tokenLifetime: self.configuration.tokenLifetime, keepsJournal: self.configuration.stateFile != nil)
    }

    private static func loadFaults(_ path: String, into world: inout World) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SimulatorError(.invalidFaults, "The file of fault rules \(path) cannot be read.")
        }
        do {
            _ = try world.faults.add(try JSONParser.parse(data))
        } catch let error as JSONParseError {
            throw SimulatorError(.invalidFaults, "\(path) is not JSON: \(error.message) at byte \(error.offset).")
        } catch let error as SimulatorError {
            throw SimulatorError(.invalidFaults, "\(path): \(error.message)")
        }
    }

    private func serve(
        _ responder: SimulatorResponder, _ onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let host = self.configuration.host
        let wanted = self.configuration.port
        // The framework's own lines about its life would only be noise here.
        var quiet = self.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(additionalChannelHandlers: [DepartureHandler()])),
            configuration: ApplicationConfiguration(address: .hostname(host, port: wanted), backlog: 1024),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? wanted) }, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw SimulatorError(
                .portTaken,
                "The simulator cannot listen on \(host):\(wanted): another program uses this port. Stop it, or choose another port."
            )
        } catch let error as IOError {
            throw SimulatorError(
                .cannotListen,
                "The simulator cannot listen on \(host):\(wanted): \(String(cString: strerror(error.errnoCode))).")
        }
    }
}
