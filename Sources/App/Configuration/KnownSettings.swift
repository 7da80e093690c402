// SPDX-License-Identifier: MIT

/// Every key that Posthorn reads, with what it means: the source of `doctor`'s check for unknown names and of the help.
package enum KnownSettings {
    /// One key.
    package struct Key: Sendable, Hashable {
        /// The dotted key, as in a YAML file: `worker.concurrency`.
        package var name: String
        /// What it means and its default.
        package var meaning: String
        /// Whether it is a secret, and may come from `<NAME>_FILE`.
        package var isSecret = false
    }

    /// The keys, in the order of the documentation.
    package static let all: [Key] = [
        Key(name: "config", meaning: "a YAML file with any of these keys"),
        Key(
            name: "database.url",
            meaning: "PostgreSQL; then DATABASE_URL, then libpq's PG*; else the server of `posthorn up`", isSecret: true
        ),
        Key(name: "database.schema", meaning: "the schema of all tables (posthorn)"),
        Key(
            name: "database.pooler",
            meaning: "none, or transaction when that URL is a pooler's in transaction mode, such as PgBouncer (none)"),
        Key(
            name: "listen.database.url",
            meaning: "PostgreSQL's own address, for the listener, when the URL is a pooler's",
            isSecret: true),
        Key(name: "migrate.database.url", meaning: "address and role for migrations", isSecret: true),
        Key(name: "secret.key", meaning: "seals credentials: 32 bytes in base64, or id:key,id:key", isSecret: true),
        Key(name: "platform.origin", meaning: "send platform calls here instead of the real hosts"),
        Key(
            name: "worker.concurrency",
            meaning: "slots of one worker: jobs that occupy platforms or the machine at once (32)"),
        Key(name: "worker.publish", meaning: "of these for publishing: calls, uploads and preparation of media"),
        Key(name: "worker.boost", meaning: "of these for boosts"),
        Key(name: "worker.metrics", meaning: "of these for metrics"),
        Key(name: "worker.reconcile", meaning: "of these for looking whether a lost send took effect"),
        Key(name: "worker.queues", meaning: "queues a worker takes from (all)"),
        Key(
            name: "worker.connections",
            meaning: "database connections of a worker, besides one for beats and one to listen (2)"),
        Key(name: "worker.heartbeat", meaning: "pause between two beats of a worker (5s)"),
        Key(name: "worker.dead.after", meaning: "without a beat for this long the fleet takes a worker's jobs (20s)"),
        Key(name: "worker.crash.limit", meaning: "crashes at which a job is held as poison (3)"),
        Key(name: "shutdown.grace", meaning: "how long a stopping worker may finish its jobs (30s)"),
        Key(name: "retention.history", meaning: "months that the history of jobs is kept (13)"),
        Key(name: "retention.samples", meaning: "months that metrics are kept (13)"),
        Key(name: "media.store", meaning: "file:///folder or s3://bucket/prefix (./.posthorn/media)"),
        Key(name: "media.copies", meaning: "folder for copies of what lies in S3 (./.posthorn/media-copies)"),
        Key(
            name: "media.probe",
            meaning:
                "files that nobody could look into: required refuses, auto takes with a warning, off never looks (auto)"
        ),
        Key(name: "media.url.limit", meaning: "the most bytes that --media URL fetches (4294967296)"),
        Key(name: "media.url.loopback", meaning: "true lets --media URL fetch from this machine; for tests (false)"),
        Key(name: "public.url", meaning: "address that the world reaches `serve` at"),
        Key(name: "plugin.path", meaning: "folders with process plugins"),
        Key(name: "log.level", meaning: "trace, debug, info, notice, warning, error, critical (info)"),
        Key(name: "log.format", meaning: "json or text (text on a terminal)"),
        Key(name: "admin.address", meaning: "health and metrics listener (127.0.0.1:9464)"),
        Key(name: "pg.bin", meaning: "folder of PostgreSQL's server programs for `up` and `demo`"),
        Key(name: "pg.user", meaning: "who runs PostgreSQL when Posthorn runs as root (postgres)"),
        Key(name: "crash.at", meaning: "for chaos tests: die at a named step"),
    ]

    /// Variables with our prefix that nobody reads, with what was probably meant.
    ///
    /// - Parameter environment: the process's environment.
    /// - Returns: the unknown names, each with a suggestion when one is close.
    package static func unknown(in environment: [String: String]) -> [(name: String, suggestion: String?)] {
        let known = Self.all.flatMap { key in
            let name = Settings.variable(key.name)
            return key.isSecret ? [name, "\(name)_FILE"] : [name]
        }
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("POSTHORN_"), !known.contains(name), !name.hasPrefix("POSTHORN_PLATFORM_"),
                !Self.ofTheBuild.contains(name)
            else { return nil }
            return (name, Suggestion.closest(to: name, among: known))
        }
    }

    private static let ofTheBuild: Set<String> = [
        "POSTHORN_TEST_DATABASE_URL", "POSTHORN_TEST_POOLER_URL", "POSTHORN_ONLY", "POSTHORN_STATE",
        "POSTHORN_ACTOR",
    ]
}
