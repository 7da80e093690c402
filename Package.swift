// swift-tools-version: 6.3
// SPDX-License-Identifier: MIT

import Foundation
import PackageDescription

// One line a module: where it lives and what it may import. Arrows point down only; the build checks it
// (`--explicit-target-dependency-import-check error`, see the Makefile).

struct Module {
    var name: String
    var path: String
    var dependencies: [Target.Dependency] = []
    var testDependencies: [Target.Dependency]?
    var isExecutable = false
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let rainbow = Target.Dependency.product(name: "Rainbow", package: "Rainbow")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// Compiled-in platforms.
///
/// A name here is a folder in `plugins/`, a target `<Name>Plugin` and a test target.
let plugins = ["Facebook", "Instagram", "Mock", "TikTok", "X"]

/// What plugins of one company share; no plugin itself.
let sharedByPlugins: [String: [Target.Dependency]] = ["Facebook": ["MetaGraph"], "Instagram": ["MetaGraph"]]

let pluginModules = plugins.map { name in
    Module(
        name: "\(name)Plugin",
        path: "plugins/\(name)",
        dependencies: ["PluginKit", httpTypes, crypto] + (sharedByPlugins[name] ?? []),
        testDependencies: ["PluginTestKit", "PluginKit", "Domain", httpTypes] + (sharedByPlugins[name] ?? [])
    )
}

let modules: [Module] = [
    Module(name: "Domain", path: "Sources/Domain", testDependencies: []),
    Module(
        name: "PQClient", path: "Sources/PQClient", dependencies: ["CLibPQ", logging, collections],
        testDependencies: ["TestSupport"]),
    Module(
        name: "PluginKit", path: "Sources/PluginKit", dependencies: ["Domain", httpTypes, crypto, logging],
        testDependencies: ["Domain", httpTypes]),
    Module(
        name: "MetaGraph", path: "plugins/MetaGraph", dependencies: ["PluginKit", httpTypes],
        testDependencies: ["PluginTestKit", "PluginKit", "Domain", httpTypes]),
    Module(name: "PluginTestKit", path: "Sources/PluginTestKit", dependencies: ["PluginKit", "Domain", httpTypes]),
    Module(
        name: "PluginHost", path: "Sources/PluginHost",
        dependencies: ["PluginKit", "Domain", asyncHTTPClient, httpTypes, nioCore, nioHTTP1, logging],
        testDependencies: [
            "PluginKit", "Domain", httpTypes, hummingbird, nioCore, nioEmbedded, nioHTTP1, logging,
        ]),
    Module(
        name: "JobQueue", path: "Sources/JobQueue", dependencies: ["PQClient", "Domain", logging, collections],
        testDependencies: ["TestSupport", "PQClient", "Domain", "WireRelay", logging]),
    Module(
        name: "Persistence", path: "Sources/Persistence",
        dependencies: ["Domain", "PQClient", "JobQueue", "PluginKit", logging, crypto],
        testDependencies: ["TestSupport", "PQClient", "Domain", "JobQueue", "PluginKit"]),
    Module(
        name: "Publishing", path: "Sources/Publishing",
        dependencies: [
            "Analysis", "JobQueue", "Persistence", "PluginKit", "Domain", "PQClient", logging, crypto, yams,
        ],
        testDependencies: [
            "TestSupport", "Analysis", "JobQueue", "Persistence", "PluginKit", "PluginTestKit", "Domain", "PQClient",
            "MockPlugin", "MetaGraph", "FacebookPlugin", "InstagramPlugin", "TikTokPlugin", "XPlugin", logging,
            httpTypes, crypto,
        ]),
    Module(
        name: "Analysis", path: "Sources/Analysis", dependencies: ["Domain"],
        testDependencies: ["Domain"]),
    Module(
        name: "MediaHost", path: "Sources/MediaHost",
        dependencies: [
            "Publishing", "PluginKit", "Domain", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, subprocess,
            system,
        ],
        testDependencies: [
            "MediaTestSupport", "Publishing", "PluginKit", asyncHTTPClient, crypto, hummingbird, httpTypes, nioCore,
            nioHTTP1,
            logging, subprocess, system,
        ]),
    Module(name: "Telemetry", path: "Sources/Telemetry", dependencies: [logging], testDependencies: [logging]),
    Module(
        name: "Simulator", path: "Sources/Simulator",
        dependencies: [hummingbird, httpTypes, asyncHTTPClient, nioCore, nioHTTP1, lifecycle, logging, crypto],
        testDependencies: [hummingbird, httpTypes, asyncHTTPClient, nioCore, nioHTTP1, logging]),
    Module(
        name: "Console", path: "Sources/Console",
        dependencies: ["Domain", "Publishing", "PluginKit", hummingbird, httpTypes, nioCore, lifecycle, logging],
        testDependencies: [
            "Publishing", "PluginKit", asyncHTTPClient, hummingbird, httpTypes, nioCore, nioHTTP1, logging,
        ]),
    Module(name: "WireRelay", path: "Sources/WireRelay"),
    Module(
        name: "App", path: "Sources/App",
        dependencies: [
            "Analysis", "Console", "Domain", "JobQueue", "MediaHost", "Persistence", "PluginHost", "PluginKit",
            "Publishing",
            "PQClient",
            "Simulator",
            "Telemetry", "WireRelay", argumentParser, configuration, lifecycle, logging, rainbow, subprocess, system,
            unixSignals, crypto, httpTypes,
        ],
        testDependencies: [
            "TestSupport", "MediaTestSupport", "Analysis", "Domain", "JobQueue", "Persistence", "PluginHost",
            "PluginKit", "PluginTestKit", "Publishing", "PQClient", "Simulator", "Telemetry", "WireRelay",
            "InstagramPlugin", "MockPlugin", "TikTokPlugin",
            "XPlugin", "PluginCatalog", asyncHTTPClient, httpTypes, argumentParser, configuration, logging, nioCore,
            nioHTTP1, subprocess, system,
        ]),
    Module(
        name: "PluginCatalog", path: "Sources/PluginCatalog",
        dependencies: ["PluginKit"] + plugins.map { .byName(name: "\($0)Plugin") }),
    Module(name: "posthorn", path: "Sources/posthorn", dependencies: ["App", "PluginCatalog"], isExecutable: true),
]

var targets: [Target] = [
    .systemLibrary(name: "CLibPQ", path: "Sources/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .target(name: "TestSupport", dependencies: ["PQClient", "WireRelay", logging], path: "Tests/TestSupport"),
    .target(
        name: "MediaTestSupport", dependencies: [crypto, hummingbird, httpTypes, logging, nioCore],
        path: "Tests/MediaTestSupport"),
]
for module in pluginModules + modules {
    if module.isExecutable {
        targets.append(.executableTarget(name: module.name, dependencies: module.dependencies, path: module.path))
    } else {
        targets.append(.target(name: module.name, dependencies: module.dependencies, path: module.path))
    }
    if let testDependencies = module.testDependencies {
        targets.append(
            .testTarget(
                name: "\(module.name)Tests", dependencies: [.byName(name: module.name)] + testDependencies,
                path: "Tests/\(module.name)Tests"))
    }
}

// `POSTHORN_ONLY=JobQueue,PQClient` narrows the package to those modules, what they import and their tests: the sanitizer
// builds leave the HTTP stack out this way.
if let only = ProcessInfo.processInfo.environment["POSTHORN_ONLY"], !only.isEmpty {
    let wanted = Set(only.split(separator: ",").map(String.init))
    var kept = wanted.union(wanted.map { "\($0)Tests" })
    var grew = true
    while grew {
        grew = false
        for target in targets where kept.contains(target.name) {
            for case .byNameItem(let name, _) in target.dependencies where kept.insert(name).inserted { grew = true }
        }
    }
    targets = targets.filter { kept.contains($0.name) }
}

for target in targets where target.type != .system {
    var settings: [SwiftSetting] = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .treatAllWarnings(as: .error),
        .treatWarning("DeprecatedDeclaration", as: .warning),
    ]
    if target.name == "PQClient" { settings.append(.strictMemorySafety()) }
    target.swiftSettings = settings
}

let package = Package(
    name: "posthorn",
    products: ["posthorn", "PluginKit", "PluginTestKit", "App"].filter { name in targets.contains { $0.name == name } }
        .map {
            $0 == "posthorn" ? .executable(name: $0, targets: [$0]) : .library(name: $0, targets: [$0])
        },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/onevcat/Rainbow", from: "4.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: targets
)
