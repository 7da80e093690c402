// SPDX-License-Identifier: MIT

import Domain
import Foundation
import MediaHost
import PluginKit
import Publishing

/// What can be checked without a database.
struct MachineChecks {
    let context: CommandContext

    func run() async -> [Finding] {
        [
            self.configuration(), await self.serverPrograms(), self.secretKey(), await self.media(),
            self.mediaPrograms(),
            self.diskSpace(),
            self.zoneData(),
            self.plugins(), self.origin(),
        ]
    }

    private func configuration() -> Finding {
        let name = "configuration"
        do {
            _ = try WorkerSettings(self.context.settings)
            _ = try self.context.platformSettings()
        } catch {
            return .failed(name, error)
        }
        let unknown = KnownSettings.unknown(in: self.context.settings.environment)
        guard unknown.isEmpty else {
            let text = unknown.map { entry in
                entry.suggestion.map { "\(entry.name) (did you mean \($0)?)" } ?? entry.name
            }
            return .warning(
                name, "nobody reads " + text.joined(separator: ", "), fix: "correct the name or remove the variable")
        }
        return .ok(
            name, self.context.settings.file.map { "flags, environment, \($0)" } ?? "flags, environment, defaults")
    }

    private func serverPrograms() async -> Finding {
        let name = "server programs"
        let settings = self.context.settings
        do {
            let found = try await ServerBinaries.locate(
                configured: settings.text("pg.bin"), environment: settings.environment)
            return .ok(name, found.folder)
        } catch {
            let error = CommandError(describing: error)
            // A wrong setting is its own finding.
            let isNeeded = (try? self.context.databaseSettings().source) == .missing
            return isNeeded
                ? .failed(name, error.what, fix: error.remedy)
                : .ok(name, "not on this machine, and not needed with a database of your own")
        }
    }

    private func secretKey() -> Finding {
        let name = "secret key"
        do {
            let keys = try self.context.secretKeys()
            return .ok(name, "seals with key “\(keys.currentID)”")
        } catch {
            return .failed(name, error)
        }
    }

    private func media() async -> Finding {
        do {
            let settings = try MediaSettings(self.context.settings, state: self.context.state)
            guard let place = settings.place else { return self.mediaFolder(settings.folder.path) }
            let finding = self.mediaFolder(settings.folder.path)
            return finding.state == .ok ? await self.bucket(place) : finding
        } catch {
            return .failed("media folder", error)
        }
    }

    /// Asks for a file that cannot be there: place, keys and clock are right when that is all that is wrong.
    private func bucket(_ place: S3Place) async -> Finding {
        let name = "media store"
        let store = S3Store(place, pauses: [])
        let finding: Finding
        do {
            _ = try await store.size(of: String(repeating: "0", count: 64))
            finding = .ok(name, place.description)
        } catch {
            finding = .failed(name, error)
        }
        try? await store.shutdown()  // What was found out is what counts.
        return finding
    }

    private func mediaPrograms() -> Finding {
        let name = "media programs"
        let programs = [MediaProgram.ffprobe, .vipsheader, .ffmpeg]
        let missing = programs.filter { !$0.isInstalled }
        guard !missing.isEmpty else { return .ok(name, programs.map(\.name).joined(separator: ", ")) }
        let packages = Set(missing.map(\.package)).sorted().joined(separator: " ")
        let text = "\(missing.map(\.name).joined(separator: ", ")) not on this machine: files are not checked"
        let fix = "apt-get install \(packages)"
        let isRequired = (try? MediaSettings(self.context.settings, state: self.context.state).policy) == .required
        return isRequired ? .failed(name, text, fix: fix) : .warning(name, text, fix: fix)
    }

    private func mediaFolder(_ folder: String) -> Finding {
        let name = "media folder"
        do {
            let probe = folder + "/.posthorn-probe-\(getpid())"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            guard FileManager.default.createFile(atPath: probe, contents: Data("probe".utf8)) else {
                return .failed(
                    name, "\(folder) is not writable",
                    fix: "give this user the right to write there, or set POSTHORN_MEDIA_STORE")
            }
            try FileManager.default.removeItem(atPath: probe)
            return .ok(name, folder)
        } catch {
            return .failed(
                name, error.localizedDescription,
                fix: "set POSTHORN_MEDIA_STORE to a folder that this user may write to")
        }
    }

    private func diskSpace() -> Finding {
        let name = "disk space"
        let folder = FileManager.default.fileExists(atPath: self.context.state.path) ? self.context.state.path : "."
        guard let values = try? FileManager.default.attributesOfFileSystem(forPath: folder),
            let free = (values[.systemFreeSize] as? NSNumber)?.int64Value
        else { return .skipped(name, "the system does not say") }
        let text = "\(Field.bytes(free).shown) free at \(folder)"
        guard free > 200_000_000 else {
            return .failed(name, text, fix: "make room: PostgreSQL stops when the disk is full")
        }
        guard free > 2_000_000_000 else { return .warning(name, text, fix: "make room before it runs out") }
        return .ok(name, text)
    }

    private func zoneData() -> Finding {
        let version = ZoneID.dataVersion
        guard !version.isEmpty else {
            return .failed("time zones", "the zone data's version is unknown", fix: "apt-get install tzdata")
        }
        return .ok("time zones", "zone data \(version)")
    }

    private func plugins() -> Finding {
        let manifests = self.context.manifests
        guard !manifests.isEmpty else {
            return .failed("plugins", "this binary has no platform compiled in", fix: "build it with a plugin catalog")
        }
        return .ok("plugins", manifests.map { $0.id.rawValue }.joined(separator: ", "))
    }

    private func origin() -> Finding {
        let name = "platform origin"
        guard let origin = try? self.context.platformSettings().origin else {  // A wrong setting is its own finding.
            return .ok(name, "the real platforms")
        }
        let port = origin.port ?? (origin.scheme == "https" ? 443 : 80)
        guard let host = origin.host, TCPProbe.answers(host: host, port: port, within: 3) else {
            return .failed(
                name, "nothing answers at \(origin.absoluteString)",
                fix: "start it (`posthorn up` or `posthorn simulator`), or correct POSTHORN_PLATFORM_ORIGIN")
        }
        return .ok(name, origin.absoluteString)
    }
}
