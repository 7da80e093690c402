// SPDX-License-Identifier: MIT

package import JobQueue
package import PQClient
import PluginKit

/// Forgets what platforms told.
///
/// A body has other people's words in it: it is kept for a week, to find a fault. That it came is remembered for as long as somebody could
/// deliver it again, so that a repeat does nothing.
package struct WebhookRetention: Housekeeping {
    /// How long bodies are kept, in seconds of the world.
    private static let bodies: Double = 7 * 86_400
    /// The most rows of one kind that a round touches.
    private static let batch: Int32 = 1_000

    private let registry: PluginRegistry

    /// Makes it for the platforms of this process.
    package init(registry: PluginRegistry) { self.registry = registry }

    /// `forget-webhooks`.
    package var name: String { "forget-webhooks" }

    /// Forgets one batch of each platform.
    package func round(on db: inout Transaction) async throws -> HousekeepingReport {
        var report = HousekeepingReport()
        for platform in self.registry.platforms {
            // A delivery that says no time can be sent again whenever somebody likes: it is remembered for ever.
            guard
                let life = self.registry[platform]?.webhooks?.deliveryLife.map({
                    max(Self.bodies, Double($0.components.seconds) * 2)
                })
            else { continue }
            let gone = try await db.execute(
                """
                WITH old AS (
                    SELECT platform, digest FROM webhook_delivery
                    WHERE platform = \(platform) AND received_at < world_now() - make_interval(secs => \(life))
                    LIMIT \(Self.batch)
                    FOR UPDATE SKIP LOCKED
                )
                DELETE FROM webhook_delivery AS delivery
                USING old
                WHERE delivery.platform = old.platform AND delivery.digest = old.digest
                """)
            report.add(gone, isMore: gone >= Int(Self.batch))
        }
        let emptied = try await db.execute(
            """
            WITH old AS (
                SELECT platform, digest FROM webhook_delivery
                WHERE body IS NOT NULL AND received_at < world_now() - make_interval(secs => \(Self.bodies))
                LIMIT \(Self.batch)
                FOR UPDATE SKIP LOCKED
            )
            UPDATE webhook_delivery AS delivery SET body = NULL
            FROM old
            WHERE delivery.platform = old.platform AND delivery.digest = old.digest
            """)
        report.add(emptied, isMore: emptied >= Int(Self.batch))
        return report
    }
}
