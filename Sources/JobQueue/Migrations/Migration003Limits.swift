// SPDX-License-Identifier: MIT

/// Rates: what was used of each limit, who set it, and which endpoints are closed.
///
/// Why: `docs/decisions/0013-rate-limits.md`.
enum Migration003Limits {
    static let sql = """
        -- One row per limit that was used or set. scope is 'account:<uuid>', 'client:<uuid>', 'app:<uuid>' or
        -- 'provider:<name>'; endpoint '*' is every one. A person's word counts most, then the platform's, then the usual.
        -- slices and used: how many tokens were taken in which hundredth of a window, world time.
        CREATE TABLE rate_bucket (
            scope           text NOT NULL,
            endpoint        text NOT NULL,
            window_ms       bigint NOT NULL CHECK (window_ms > 0),
            counts          text NOT NULL CHECK (counts IN ('calls', 'sends')),
            usual_calls     integer CHECK (usual_calls > 0),
            platform_calls  integer CHECK (platform_calls > 0),
            operator_calls  integer CHECK (operator_calls > 0),
            reason          text,
            set_by          text,
            set_at          timestamptz,
            slices          bigint[] NOT NULL DEFAULT '{}',
            used            integer[] NOT NULL DEFAULT '{}',
            seen_rest       integer,
            seen_reset      timestamptz,
            seen_at         timestamptz,
            PRIMARY KEY (scope, endpoint, window_ms, counts)
        ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 500);

        -- An endpoint that a platform has closed until a moment in world time.
        CREATE TABLE endpoint_gate (
            scope           text NOT NULL,
            endpoint        text NOT NULL,
            blocked_until   timestamptz NOT NULL,
            reason          text NOT NULL,
            closed_by       text,
            closed_at       timestamptz NOT NULL,
            -- How many refusals that named no time followed each other.
            refusals        integer NOT NULL DEFAULT 0,
            PRIMARY KEY (scope, endpoint)
        ) WITH (\(TableUpkeep.revised));

        -- Who set or cleared a limit, when and why. Append-only.
        CREATE TABLE limit_change (
            change_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at              timestamptz NOT NULL DEFAULT world_now(),
            recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
            actor           text NOT NULL,
            scope           text NOT NULL,
            endpoint        text NOT NULL,
            window_ms       bigint,
            counts          text,
            calls           integer,
            reason          text
        );
        """
}
