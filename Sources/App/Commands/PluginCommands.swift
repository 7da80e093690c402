// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import PluginKit

/// `posthorn plugin`.
struct PluginCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "plugin", "Show the platforms that this binary can speak to.",
        examples: ["plugin list", "plugin info x", "plugin info x --credential-template > acme-x.json"],
        subcommands: [List.self, Info.self])

    struct List: PosthornCommand {
        private static let columns = [
            Column("id", "ID", "the platform's id, as in --platform"), Column("name", "NAME", "its name"),
            Column("api_version", "API", "the version of the platform's API"),
            Column("capabilities", "CAN", "what it can do", isFlexible: true),
            Column("formats", "FORMATS", "what it can publish", isFlexible: true),
            Column("contract", nil, "the version of the plugin contract"),
            Column("limits_read_on", nil, "when the limits were read from the platform's documentation"),
        ]
        static let configuration = CommandConfiguration(
            "list", "List the compiled-in platforms.", examples: ["plugin list", "plugin list -o json"], keys: columns)

        @OptionGroup var options: CommandOptions

        func run(_ context: CommandContext) async throws {
            let rows = context.manifests.map { manifest in
                Record([
                    "id": .text(manifest.id.rawValue), "name": .text(manifest.name),
                    "api_version": .text(manifest.apiVersion),
                    "capabilities": .list(manifest.orderedCapabilities.map { .text($0) }),
                    "formats": .list(manifest.formats.map { .text($0.format.rawValue) }),
                    "contract": .count(manifest.contract), "limits_read_on": .text(manifest.limitsReadOn),
                ])
            }
            context.output.show(Listing(Self.columns, rows: rows, empty: "this binary has no platform compiled in"))
        }
    }

    struct Info: PosthornCommand {
        static let configuration = CommandConfiguration(
            "info", "Show everything about a platform: limits, scopes, rates, metrics, credentials.",
            examples: [
                "plugin info x", "plugin info mock -o json", "plugin info x --credential-template > acme-x.json",
            ],
            keys: [
                Column("id", nil, "the platform's id"), Column("capabilities", nil, "what it can do"),
                Column("formats", nil, "what it can publish, with limits"),
                Column("scopes", nil, "the OAuth scopes to ask for"),
                Column("rate_limits", nil, "the platform's limits"),
                Column("metrics", nil, "what is measured, with definitions"),
                Column("credential_fields", nil, "the fields of a credential file"),
                Column("boost", nil, "what can be boosted"), Column("settings", nil, "settings that a post may carry"),
                Column("shares_tokens_with", nil, "platforms whose accounts the same tokens open"),
                Column("refuses_duplicates", nil, "whether it refuses what says the same as an earlier post"),
                Column("app_needs_secret", nil, "whether an app needs its secret"),
                Column("unaudited_app", nil, "what an app that the platform has not approved cannot do"),
            ])

        @OptionGroup var options: CommandOptions

        @Argument(help: ArgumentHelp("The platform's id.", valueName: "platform"))
        var platform: String

        @Flag(name: .customLong("credential-template"), help: "Print a credential file to fill in.")
        var wantsTemplate = false

        func run(_ context: CommandContext) async throws {
            guard let manifest = context.manifests.first(where: { $0.id.rawValue == self.platform }) else {
                throw CommandError.notFound(
                    "platform", self.platform, known: context.manifests.map { $0.id.rawValue },
                    remedy: "`posthorn plugin list` shows what this binary has")
            }
            guard self.wantsTemplate else { return context.output.show(PluginDetails.record(manifest)) }
            context.output.text(PluginDetails.credentialTemplate(manifest))
        }
    }
}

extension PluginManifest {
    /// What it can do, in the order of the contract.
    var orderedCapabilities: [String] {
        Capability.allCases.filter { self.capabilities.contains($0) }.map(\.rawValue)
    }
}
