// SPDX-License-Identifier: MIT

import Console
import JobQueue
import PQClient
import Persistence
import PluginKit
import Publishing
import Simulator

extension CommandError {
    /// Says what any error of the layers below means to a person.
    init(describing error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as PQError: self = Self.database(error)
        case let error as JobQueueError: self = Self.queue(error)
        case let error as PersistenceError: self = Self.persistence(error)
        case let error as ServiceError: self = Self.service(error)
        case let error as PluginError: self = Self.plugin(error)
        case let error as SimulatorError: self = Self.simulator(error)
        case let error as ConsoleError:
            self.init(error.code == .portTaken ? .conflict : .unreachable, error.message, remedy: error.remedy)
        case let error as SecretError: self.init(.configuration, error.description)
        case let error as RegistryError: self.init(.configuration, error.description)
        case let error as MediaError: self = Self.media(error)
        case is CancellationError: self.init(.interrupted, "interrupted")
        default: self.init(.failed, String(describing: error).singleLine)
        }
    }

    private static func media(_ error: MediaError) -> Self {
        switch error.kind {
        case .badData: Self(.badData, error.description)
        case .unreachable: Self(.unreachable, error.description)
        case .configuration: Self(.configuration, error.description)
        }
    }

    private static func database(_ error: PQError) -> Self {
        switch error.code {
        case .connectFailed, .connectionLost, .closed:
            return Self(
                .unreachable, "cannot reach the database", details: [error.message.singleLine],
                remedy:
                    "is PostgreSQL running there, and are address, user and password right? `posthorn doctor` checks")
        case .timedOut, .poolExhausted:
            return Self(.tryAgain, "the database did not answer in time", details: [error.message.singleLine])
        case .cancelled: return Self(.interrupted, "interrupted")
        case .configuration: return Self(.configuration, error.message.singleLine)
        case .pooler:
            return Self(
                .configuration, error.message.singleLine,
                remedy:
                    "as POSTHORN_DATABASE_URL a pooler needs POSTHORN_DATABASE_POOLER=transaction; POSTHORN_LISTEN_DATABASE_URL and POSTHORN_MIGRATE_DATABASE_URL must be PostgreSQL's own address"
            )
        case .migration: return Self(.conflict, error.message.singleLine)
        case .server: return Self.server(error)
        default: return Self(.failed, error.description.singleLine)
        }
    }

    private static func server(_ error: PQError) -> Self {
        switch error.sqlState?.rawValue {
        case "42P01", "3F000", "42883":
            Self(
                .conflict, "the database's schema is not there or not current",
                details: [error.description.singleLine], remedy: "run `posthorn migrate up`")
        case "42501":
            Self(.notPermitted, "the database's user may not do that", details: [error.description.singleLine])
        case "57P01", "57P02", "57P03":
            Self(.unreachable, "the database is stopping or starting", details: [error.message.singleLine])
        case "40001", "40P01", "55P03", "57014":
            Self(.tryAgain, "the database was busy", details: [error.description.singleLine], remedy: "try again")
        default: Self(.failed, error.description.singleLine)
        }
    }
}

extension CommandError {
    private static func queue(_ error: JobQueueError) -> Self {
        switch error.code {
        case .notFound: Self(.notFound, error.message)
        case .conflict, .leaseLost: Self(.conflict, error.message)
        case .unknownEffect:
            Self(
                .conflict, error.message,
                remedy: error.job.map {
                    "look at it with `posthorn intent show \($0)`, settle it with `posthorn intent resolve`"
                }
                    ?? "look at it with `posthorn intent list`, settle it with `posthorn intent resolve`")
        case .worldMismatch: Self(.configuration, error.message)
        case .worldMissing: Self(.conflict, error.message, remedy: "run `posthorn migrate up`")
        case .outdated: Self(.conflict, error.message, remedy: "run the newer release")
        case .invalid: Self(.usage, error.message)
        default: Self(.failed, error.message)
        }
    }

    private static func persistence(_ error: PersistenceError) -> Self {
        switch error.code {
        case .notFound: Self(.notFound, error.description)
        case .nameTaken, .identityTaken: Self(.conflict, error.description)
        case .changedMeanwhile: Self(.tryAgain, error.description, remedy: "try again")
        default: Self(.failed, error.description)
        }
    }
}

extension CommandError {
    private static func simulator(_ error: SimulatorError) -> Self {
        switch error.code {
        case .portTaken: Self(.conflict, error.message.withoutFullStop)
        case .cannotListen: Self(.unreachable, error.message.withoutFullStop)
        case .invalidFaults, .invalidInput: Self(.badData, error.message.withoutFullStop)
        default: Self(.failed, error.message.withoutFullStop)
        }
    }

    private static func service(_ error: ServiceError) -> Self {
        let details = error.issues.map { "\($0)" }
        return switch error.code {
        case .invalid: Self(.badData, error.message, details: details)
        case .notFound: Self(.notFound, error.message, details: details)
        case .conflict: Self(.conflict, error.message, details: details)
        case .refusedByPlatform: Self(.failed, error.message, details: details)
        case .unreachable: Self(.unreachable, error.message, details: details)
        case .tryAgain: Self(.tryAgain, error.message, details: details)
        case .forbidden: Self(.notPermitted, error.message, details: details)
        case .notConfigured: Self(.configuration, error.message, details: details)
        default: Self(.failed, error.message, details: details)
        }
    }

    private static func plugin(_ error: PluginError) -> Self {
        let status: ExitStatus =
            switch error.code {
            case .retryAfter, .rateLimited: .tryAgain
            case .reauthorize: .notPermitted
            case .duplicate, .ambiguousOutcome: .conflict
            default: .failed
            }
        return Self(status, error.message.singleLine, remedy: error.nextAction)
    }
}

extension String {
    fileprivate var withoutFullStop: String { self.hasSuffix(".") ? String(self.dropLast()) : self }
}
