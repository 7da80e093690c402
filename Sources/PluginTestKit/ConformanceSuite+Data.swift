// SPDX-License-Identifier: MIT

import PluginKit

extension ConformanceSuite {
    mutating func checkManifest() {
        let plugin = self.plugin(ScriptedTransport([]))
        let manifest = plugin.manifest
        let found: [PluginManifest.Capability: Bool] = [
            .publish: true, .resume: plugin is any DeferredPublishing, .reconcile: plugin is any Reconciling,
            .boost: plugin is any Boosting, .metrics: plugin is any MetricsFetching,
            .connect: plugin is any AccountConnecting,
            .delete: plugin is any Deleting, .accounts: plugin is any AccountListing,
            .inspect: plugin is any TokenInspecting, .history: plugin is any HistoryListing,
            .oauth1: plugin is any OAuth1Connecting, .webhooks: plugin is any WebhookReceiving,
            .registration: plugin is any AppChecking,
        ]
        for (capability, isThere) in found {
            self.expect(
                manifest.capabilities.contains(capability) == isThere, "the manifest declares what the plugin can do",
                capability.rawValue)
        }
        self.expect(
            manifest.contract == PluginManifest.currentContract, "the manifest names this contract",
            "\(manifest.contract)")
        self.expect(!manifest.hosts.isEmpty, "the manifest names its hosts", "none")
        self.expect(!manifest.formats.isEmpty, "the manifest names its formats", "none")
        self.expect(
            Set(manifest.formats.map(\.format)).count == manifest.formats.count, "a format stands in the manifest once",
            "formats")
        self.expect(
            manifest.metricAges == manifest.metricAges.sorted(), "metric ages ascend", "\(manifest.metricAges)")
        let usesBoost = manifest.capabilities.contains(.boost)
        self.expect(usesBoost == (manifest.boost != nil), "a plugin that boosts names its boost limits", "boost")
        let dated = manifest.limitsReadOn.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil
        self.expect(dated, "limits carry the day on which they were read", manifest.limitsReadOn)
    }

    mutating func checkValidation() {
        let transport = ScriptedTransport([])
        let plugin = self.plugin(transport)
        for fixture in self.fixtures.publishes {
            let errors = plugin.validate(fixture.content).filter { $0.severity == .error }
            self.expect(
                errors.isEmpty, "content that is published passes validation",
                "\(fixture.name): \(errors.map(\.message))")
            self.expect(
                plugin.validate(fixture.content) == plugin.validate(fixture.content), "validation is pure", fixture.name
            )
        }
        for limits in plugin.manifest.formats {
            let long = PostContent(
                format: limits.format, parts: [PostPart(text: String(repeating: "a", count: limits.textLength + 1))])
            self.expectRefused(plugin.validate(long), field: "text", "text that is too long is refused", limits)
            if let type = limits.mediaTypes.keys.sorted().first {
                let item = MediaItem(hash: "00", type: type, byteCount: 1)
                let many = PostContent(
                    format: limits.format,
                    parts: [PostPart(text: "a", media: Array(repeating: item, count: limits.maximumMedia + 1))])
                self.expectRefused(plugin.validate(many), field: "media", "too many files are refused", limits)
            }
        }
        let strange = PostContent(format: "no-such-format", parts: [PostPart(text: "a")])
        self.expect(
            plugin.validate(strange).contains { $0.severity == .error }, "a format that the platform lacks is refused",
            "no-such-format")
        self.expect(transport.calls.isEmpty, "validation makes no call", "\(transport.calls.map(\.name))")
    }

    private mutating func expectRefused(
        _ issues: [ValidationIssue], field: String, _ rule: String, _ limits: FormatLimits
    ) {
        self.expect(
            issues.contains { $0.severity == .error && $0.field.contains(field) }, rule,
            "\(limits.format): \(issues.map(\.field))")
    }
}
