// SPDX-License-Identifier: MIT

import Domain
import PluginKit

/// Shows a manifest.
enum PluginDetails {
    static func record(_ manifest: PluginManifest) -> Record {
        Record([
            "id": .text(manifest.id.rawValue), "name": .text(manifest.name), "api_version": .text(manifest.apiVersion),
            "contract": .count(manifest.contract),
            "capabilities": .list(manifest.orderedCapabilities.map { .text($0) }),
            "hosts": .list(manifest.hosts.map { .text($0) }), "limits_read_on": .text(manifest.limitsReadOn),
            "formats": .list(manifest.formats.map { .record(self.format($0)) }),
            "scopes": .list(manifest.scopes.map { .text($0) }),
            "rate_limits": .list(manifest.rateBuckets.map { .record(self.bucket($0)) }),
            "access_token_life": manifest.tokens.accessToken.map { .duration($0) } ?? .none,
            "refresh_token_rotates": .flag(manifest.tokens.refreshRotates),
            "boost": manifest.boost.map { .record(self.boost($0)) } ?? .none,
            "metric_ages": .list(manifest.metricAges.map { .duration($0) }),
            "metrics": .list(manifest.metrics.map { .record(self.metric($0)) }),
            "credential_fields": .list(manifest.credentialFields.map { .record(self.field($0)) }),
            "settings": .list(manifest.settings.map { .record(self.setting($0)) }),
            "costs": .list(manifest.costs.map { .record(self.cost($0)) }),
            "shares_tokens_with": .list(manifest.sharesTokensWith.map { .text($0.rawValue) }),
            "refuses_duplicates": .flag(manifest.refusesDuplicates),
            "app_needs_secret": .flag(manifest.app.needsSecret),
            "unaudited_app": .optional(manifest.app.unaudited),
        ])
    }

    /// A credential file with every field, required ones first, to be filled in.
    static func credentialTemplate(_ manifest: PluginManifest) -> String {
        let fields = manifest.credentialFields.sorted { $0.isRequired && !$1.isRequired }
        let entries = fields.map { field in
            Record.Entry(
                key: field.name, value: .text("<\(field.isRequired ? "required" : "optional"): \(field.help)>"))
        }
        return Field.record(Record(entries: entries)).prettyJSON()
    }

    private static func format(_ limits: FormatLimits) -> Record {
        Record([
            "format": .text(limits.format.rawValue), "text_length": .count(limits.textLength),
            "text_unit": .text(limits.textUnit), "parts": .text(Self.range(limits.minimumParts, limits.maximumParts)),
            "media": .text(Self.range(limits.minimumMedia, limits.maximumMedia)),
            "media_types": .list(limits.mediaTypes.keys.sorted().map { .text($0) }),
            "largest_files": .list(Self.sizes(limits.mediaTypes).map { .text($0) }),
            "alt_text_length": .count(limits.altTextLength),
            "media_rules": .list(limits.mediaRules.map { .text($0.description) }),
        ])
    }

    private static func bucket(_ bucket: RateBucket) -> Record {
        Record([
            "endpoint": .text(bucket.endpoint), "scope": .text("\(bucket.scope)"), "calls": .count(bucket.calls),
            "window": .duration(bucket.window),
        ])
    }

    private static func boost(_ limits: BoostLimits) -> Record {
        Record([
            "objectives": .list(limits.objectives.map { .text($0) }),
            "minimum_budget_minor_units": .integer(limits.minimumBudgetMinorUnits),
            "daily_overspend": .number(Double(limits.dailyPercent) / 100, places: 2),
            "weekly_days": limits.weeklyDays.map { .count($0) } ?? .none,
            "needs_ad_account": .flag(limits.needsAdAccount),
            "audience": .list(limits.audience.map(\.rawValue).sorted().map { .text($0) }),
            "calls_to_action": .list(limits.callsToAction.map { .text($0) }),
            "special_ad_categories": .list(limits.specialAdCategories.map { .text($0) }),
            "scopes": .list(limits.scopes.map { .text($0) }),
            "token_fields": .list(limits.tokenFields.map { .text($0) }),
            "settlement": .duration(limits.settlement),
        ])
    }

    private static func metric(_ metric: MetricDefinition) -> Record {
        Record(["name": .text(metric.name.rawValue), "field": .text(metric.field), "meaning": .text(metric.meaning)])
    }

    private static func field(_ field: CredentialField) -> Record {
        Record(["name": .text(field.name), "required": .flag(field.isRequired), "help": .text(field.help)])
    }

    private static func cost(_ cost: CallCost) -> Record {
        Record([
            "action": .text(cost.action), "microdollars": .optional(cost.microdollars), "read_on": .text(cost.readOn),
        ])
    }

    private static func setting(_ setting: Setting) -> Record {
        Record([
            "name": .text(setting.name), "values": .list(setting.values.map { .text($0) }), "help": .text(setting.help),
        ])
    }

    /// The largest files: of images and films as a whole where all their types have the same.
    private static func sizes(_ types: [String: Int64]) -> [String] {
        let families = Dictionary(grouping: types) { $0.key.split(separator: "/").first.map(String.init) ?? $0.key }
        return families.sorted { $0.key < $1.key }.flatMap { family, entries in
            let sizes = Set(entries.map(\.value))
            guard sizes.count > 1 else { return sizes.map { "\(family) \(Self.size($0))" } }
            return entries.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.size($0.value))" }
        }
    }

    /// A size in the unit that the platform's documents give it in.
    static func size(_ bytes: Int64) -> String {
        for (unit, name) in [(Int64(1_000_000_000), "GB"), (1_000_000, "MB")] where bytes % unit == 0 && bytes > 0 {
            return "\(bytes / unit) \(name)"
        }
        return bytes < 1 << 20 ? "\(bytes >> 10) KiB" : bytes < 1 << 30 ? "\(bytes >> 20) MiB" : "\(bytes >> 30) GiB"
    }

    private static func range(_ low: Int, _ high: Int) -> String { low == high ? "\(low)" : "\(low)–\(high)" }
}
