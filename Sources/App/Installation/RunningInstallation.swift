// SPDX-License-Identifier: MIT

import Foundation
package import JobQueue

/// Posthorn on this machine, as long as the body of ``LocalInstallation/run(_:)`` runs.
package struct RunningInstallation: Sendable {
    /// The address of PostgreSQL over its Unix socket; holds no secret.
    package let databaseURL: String
    /// PostgreSQL's port on 127.0.0.1; `nil` when the database is not ours.
    package let databasePort: Int?
    /// The file with the password of PostgreSQL's loopback listener.
    package let databasePasswordFile: String?
    /// The simulator's address; `nil` in a real world.
    package let platformOrigin: String?
    /// The address that the world reaches `serve` at; `nil` when it does not run, or the world cannot.
    package let publicURL: String?
    /// Where `serve` answers for health and metrics; `nil` when it does not run.
    package let adminAddress: String?
    /// The kind of world.
    package let world: WorldKind
    /// The worker processes.
    package let workers: WorkerFleet
    /// The pooler that workers go through; `nil` when there is none.
    let pooler: Supervised?
    /// A context whose database, platforms and keys are the installation's.
    package let context: CommandContext
}
