// SPDX-License-Identifier: MIT

import Domain
package import JobQueue
import PluginKit

extension JobCalls {
    /// What the manifests say of the endpoints that jobs call.
    package init(_ registry: PluginRegistry) {
        self.init { job, endpoint, counts in
            let manifest = registry[PlatformID(rawValue: job.provider)]?.manifest
            return Self.use(of: endpoint, counts, by: job.kind, manifest?.rateBuckets ?? [])
        }
    }

    private static func use(
        of endpoint: String, _ counts: LimitCounts, by kind: JobKind, _ buckets: [RateBucket]
    ) -> EndpointUse {
        guard let acts = self.acts(of: kind) else { return .sometimes }
        guard !acts.isEmpty else { return .never }
        if counts == .sends, acts.isDisjoint(with: [.publish, .boost]) { return .never }
        guard endpoint != LimitKey.everyEndpoint else {
            // A boost that runs is looked at; it was sent before.
            return counts == .sends && kind == .boost ? .sometimes : .always
        }
        let buckets = buckets.filter { $0.endpoint == endpoint }
        let callers = buckets.compactMap(\.callers)
        guard !callers.isEmpty else { return .sometimes }
        if callers.contains(where: { !$0.always.isDisjoint(with: acts) }) {
            return buckets.allSatisfy { $0.formats != nil } ? .sometimes : .always
        }
        return callers.contains { !$0.sometimes.isDisjoint(with: acts) } ? .sometimes : .never
    }

    /// What jobs of a kind do on a platform; nil for a kind of which nothing is known.
    private static func acts(of kind: JobKind) -> Set<PluginManifest.Capability>? {
        switch kind {
        case .publish: [.publish, .resume]
        case .boost: [.boost]
        case .reconcile: [.reconcile]
        case .fetchMetrics: [.metrics]
        case .fetchComment: [.comments]
        case .backfill: [.history]
        case .makePost, .sweepMetrics, .fitTimes, .applyBoostRules: []
        default: nil
        }
    }
}
