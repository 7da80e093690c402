// SPDX-License-Identifier: MIT

/// What differs between lanes: how many jobs of an account, a client or an app run at once, the share of a client, and
/// what is closed until when.
///
/// A row is there only where something differs from the rest. Why: `docs/decisions/0012-turns-and-lanes.md`.
enum Migration002Lanes {
    static let sql = """
        -- How many jobs of one account a queue runs at once, where that is not 4.
        CREATE TABLE queue_policy (
            queue           text PRIMARY KEY,
            account_slots   integer NOT NULL CHECK (account_slots > 0)
        );

        -- A client's share of the turns, where it is not 1.
        CREATE TABLE client_policy (
            client_id       uuid PRIMARY KEY,
            weight          integer NOT NULL CHECK (weight BETWEEN 1 AND 100)
        );

        -- An account that differs: how many of its jobs run at once in each queue (NULL is the queue's number), and the
        -- platform app that its calls are made with.
        CREATE TABLE lane_policy (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            slots           integer CHECK (slots > 0),
            app_id          uuid,
            PRIMARY KEY (client_id, account_id)
        );

        -- What takes no work until a moment in world time. scope is 'account:<uuid>', 'client:<uuid>', 'app:<uuid>' or
        -- 'provider:<name>', each optionally followed by '/<queue>'.
        CREATE TABLE lane_gate (
            scope           text PRIMARY KEY,
            blocked_until   timestamptz NOT NULL,
            reason          text NOT NULL,
            closed_by       text,
            closed_at       timestamptz NOT NULL,
            -- How many refusals that named no time followed each other.
            refusals        integer NOT NULL DEFAULT 0
        ) WITH (\(TableUpkeep.revised));

        -- How many jobs of a client, an app or a platform run at once; scope as in lane_gate, but for 'account:'.
        CREATE TABLE running_limit (
            scope           text PRIMARY KEY,
            max_running     integer NOT NULL CHECK (max_running > 0)
        );
        -- Every claim asks whether there is such a one, whatever the collation and however many clients have a limit.
        CREATE INDEX running_limit_provider ON running_limit (scope) WHERE starts_with(scope, 'provider:');

        -- Who runs within a running_limit: the key is the limit, nothing is counted.
        CREATE TABLE lease_slot (
            scope           text NOT NULL,
            slot            integer NOT NULL CHECK (slot > 0),
            client_id       uuid NOT NULL,
            job_id          uuid NOT NULL,
            lease_no        bigint NOT NULL,
            PRIMARY KEY (scope, slot)
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
        CREATE INDEX lease_slot_lease ON lease_slot (lease_no);

        -- Since when a number above, or an account's app, is what it is: the history is checked against it from then on. scope as
        -- above, 'queue:<name>', or 'app of account:<uuid>'.
        CREATE TABLE concurrency_change (
            scope           text PRIMARY KEY,
            changed_real    timestamptz NOT NULL
        );

        -- Notes that a column has another value: whose row it is are the trigger's arguments, a prefix and a column.
        CREATE FUNCTION note_concurrency_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF to_jsonb(NEW) ->> TG_ARGV[2] IS DISTINCT FROM to_jsonb(OLD) ->> TG_ARGV[2] THEN
                    EXECUTE format($text$
                        INSERT INTO %I.concurrency_change (scope, changed_real) VALUES ($1, clock_timestamp())
                        ON CONFLICT (scope) DO UPDATE SET changed_real = excluded.changed_real
                        $text$, TG_TABLE_SCHEMA)
                    USING TG_ARGV[0] || (coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[1]);
                END IF;
                RETURN NULL;
            END $$;
        CREATE TRIGGER queue_policy_change AFTER INSERT OR UPDATE OR DELETE ON queue_policy
            FOR EACH ROW EXECUTE FUNCTION note_concurrency_change('queue:', 'queue', 'account_slots');
        CREATE TRIGGER lane_policy_slots_change AFTER INSERT OR UPDATE OR DELETE ON lane_policy
            FOR EACH ROW EXECUTE FUNCTION note_concurrency_change('account:', 'account_id', 'slots');
        CREATE TRIGGER lane_policy_app_change AFTER INSERT OR UPDATE OR DELETE ON lane_policy
            FOR EACH ROW EXECUTE FUNCTION note_concurrency_change('app of account:', 'account_id', 'app_id');
        CREATE TRIGGER running_limit_change AFTER INSERT OR UPDATE OR DELETE ON running_limit
            FOR EACH ROW EXECUTE FUNCTION note_concurrency_change('', 'scope', 'max_running');
        """
}
