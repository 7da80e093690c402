// SPDX-License-Identifier: MIT

/// The world's clock, the places a live job can be in, its history, its outside effects, workers and controls.
///
/// Why it is laid out this way: `docs/decisions/0010-queue-tables.md`.
enum Migration001Queue {
    static let sql = Self.world + Self.places + Self.history + Self.fleet + Self.effects

    private static let world = """
        -- One row: what kind of world this database belongs to, and its clock. A real world's clock is the database's.
        CREATE TABLE world (
            only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            kind            text NOT NULL CHECK (kind IN ('real', 'simulated')),
            world_epoch     timestamptz NOT NULL,
            real_epoch      timestamptz NOT NULL,
            rate            double precision NOT NULL CHECK (rate >= 0),
            CHECK (kind = 'simulated' OR (rate = 1 AND world_epoch = real_epoch))
        );

        -- Seconds only: an interval of days would follow the session's time zone across a change of its offset.
        -- PL/pgSQL keeps its plan for the session; a function in SQL is planned anew by each statement, which took a
        -- sixth of the server's time. It names its table in full, so that it works for every search path.
        DO $make$
            BEGIN
                EXECUTE format($text$
                    CREATE FUNCTION world_now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $body$
                        BEGIN
                            RETURN (SELECT w.world_epoch
                                           + make_interval(secs => extract(epoch
                                               FROM statement_timestamp() - w.real_epoch)::double precision * w.rate)
                                    FROM %I.world w
                                    WHERE w.only_row);
                        END $body$
                    $text$, current_schema());
            END $make$;

        -- What a program must know to work here: a migration that takes something away raises its component's number, with
        -- INSERT … ON CONFLICT (component) DO UPDATE SET least = excluded.least. Those that only add leave it alone.
        CREATE TABLE schema_requirement (
            component       text PRIMARY KEY,
            least           integer NOT NULL CHECK (least > 0)
        );

        CREATE FUNCTION world_kind_is_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' OR NEW.kind <> OLD.kind THEN
                    RAISE EXCEPTION 'a database belongs to one world for ever';
                END IF;
                RETURN NEW;
            END $$;
        CREATE TRIGGER world_kind_is_for_ever BEFORE UPDATE OR DELETE ON world
            FOR EACH ROW EXECUTE FUNCTION world_kind_is_for_ever();


        """

    private static let places = """
        CREATE SEQUENCE job_lease_no;

        -- An identity for a job that a statement makes: a UUID of version 7, in the order of making like all others.
        CREATE FUNCTION new_job_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
            SELECT encode(
                set_bit(set_bit(
                    overlay(uuid_send(gen_random_uuid())
                        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                        FROM 1 FOR 6),
                    52, 1), 53, 1),
                'hex')::uuid
        $$;

        -- A live job is in exactly one of job_scheduled, job_ready, job_lease,
        -- job_hold. The first columns are the same in all of them.
        -- account_id is the nil UUID for a job of no account: a lane's key is never NULL.
        CREATE TABLE job_scheduled (
            client_id       uuid NOT NULL,
            job_id          uuid NOT NULL,
            queue           text NOT NULL,
            kind            text NOT NULL,
            provider        text NOT NULL,
            account_id      uuid NOT NULL,
            subject_id      uuid,
            payload         jsonb NOT NULL,
            priority        smallint NOT NULL,
            due_at          timestamptz NOT NULL,
            attempt         integer NOT NULL DEFAULT 0,
            crash_count     integer NOT NULL DEFAULT 0,
            defer_count     integer NOT NULL DEFAULT 0,
            max_attempts    integer NOT NULL CHECK (max_attempts > 0),
            recovery        text NOT NULL CHECK (recovery IN ('requeue', 'reconcile', 'hold')),
            generation      integer NOT NULL DEFAULT 1,
            key             text,
            created_at      timestamptz NOT NULL
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1,
                    autovacuum_vacuum_cost_delay = 0);
        -- For a table that was empty when a plan was made, indexes of the same height cost the same, and the newest is taken:
        -- so the key comes last, begins with what is looked for, and no smaller index has the identity.
        CREATE INDEX job_scheduled_due ON job_scheduled (due_at);
        CREATE INDEX job_scheduled_client ON job_scheduled (client_id, due_at, job_id);
        ALTER TABLE job_scheduled ADD PRIMARY KEY (job_id, client_id);

        -- The era that ready work belongs to. A new one begins while somebody holds an old snapshot: what was claimed in the
        -- eras before cannot be removed then, and nobody steps over it again. Why: docs/decisions/0022-eras.md.
        CREATE TABLE ready_era (
            only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            era             bigint NOT NULL,
            began_real      timestamptz NOT NULL,
            -- The last number that job_lease_no had given then.
            began_lease     bigint NOT NULL DEFAULT 0
        );
        INSERT INTO ready_era (era, began_real) VALUES (1, clock_timestamp());

        -- The same for leases: a claim looks for an account's free slots, and its ended leases are not removed either.
        CREATE TABLE lease_era (LIKE ready_era INCLUDING ALL);
        INSERT INTO lease_era (era, began_real) VALUES (1, clock_timestamp());

        CREATE TABLE job_ready (
            LIKE job_scheduled INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
            era             bigint NOT NULL
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
                autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000,
                    autovacuum_vacuum_cost_delay = 0);
        CREATE INDEX job_ready_lane ON job_ready (era, queue, client_id, account_id, priority, due_at, job_id);
        ALTER TABLE job_ready ADD PRIMARY KEY (job_id, client_id);

        CREATE TABLE job_lease (
            LIKE job_scheduled INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
            lease_no        bigint NOT NULL,
            worker_id       uuid NOT NULL,
            claimed_at      timestamptz NOT NULL,
            claimed_real    timestamptz NOT NULL DEFAULT clock_timestamp(),
            cancel_reason   text,
            -- One of the account's slots in the queue; NULL for work of no account. The key is the limit: no count is.
            slot            integer CHECK (slot > 0),
            -- The same for every lease (lease_era), so that the key is that of the slot; it leaves dead rows behind.
            era             bigint NOT NULL,
            CONSTRAINT job_lease_slot UNIQUE (era, client_id, account_id, queue, slot)
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
                autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000,
                    autovacuum_vacuum_cost_delay = 0);
        ALTER TABLE job_lease ADD PRIMARY KEY (job_id, client_id);

        -- Waits for a person or a condition. reason is a word: 'poison', 'crashed', or the handler's.
        CREATE TABLE job_hold (
            LIKE job_scheduled INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
            reason          text NOT NULL,
            error_code      text,
            error_message   text,
            held_at         timestamptz NOT NULL,
            PRIMARY KEY (job_id, client_id)
        ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
        CREATE INDEX job_hold_unknown ON job_hold (client_id, job_id) WHERE reason = 'unknown-outcome';

        -- Idempotent enqueue: the same key gives the same job, also after the job has finished.
        CREATE TABLE job_key (
            client_id       uuid NOT NULL,
            scope           text NOT NULL,
            key_hash        bytea NOT NULL,
            job_id          uuid NOT NULL,
            expires_at      timestamptz NOT NULL,
            made_real       timestamptz NOT NULL,
            PRIMARY KEY (client_id, scope, key_hash)
        ) WITH (\(TableUpkeep.changed));
        -- For retention: keys expire in about the order in which they were made.
        CREATE INDEX job_key_expiry ON job_key USING brin (expires_at) WITH (autosummarize = on);


        """

    private static let history = """
        CREATE SEQUENCE attempt_event_no;

        -- Append-only: one row per run or ending. A final row is the
        -- job's end and carries its spec, so that it can be brought back.
        CREATE TABLE attempt (
            client_id       uuid NOT NULL,
            job_id          uuid NOT NULL,
            event_no        bigint NOT NULL DEFAULT nextval('attempt_event_no'),
            finished_at     timestamptz NOT NULL,
            outcome         text NOT NULL
                            CHECK (outcome IN ('succeeded', 'retry', 'failed', 'deferred', 'released', 'crashed',
                                'cancelled',
                                               'stale', 'held')),
            final           boolean NOT NULL,
            lease_no        bigint,
            worker_id       uuid,
            started_at      timestamptz,
            -- When the lease was given and when its end was written, both by the database's clock: runs of a job never overlap.
            started_real    timestamptz,
            duration_ms     bigint,
            recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
            queue           text NOT NULL,
            kind            text NOT NULL,
            provider        text NOT NULL,
            account_id      uuid NOT NULL,
            subject_id      uuid,
            payload         jsonb,
            priority        smallint NOT NULL,
            due_at          timestamptz NOT NULL,
            attempt         integer NOT NULL,
            crash_count     integer NOT NULL,
            defer_count     integer NOT NULL,
            max_attempts    integer NOT NULL,
            recovery        text NOT NULL,
            generation      integer NOT NULL,
            key             text,
            created_at      timestamptz NOT NULL,
            next_due_at     timestamptz,
            reason          text,
            error_code      text,
            error_message   text,
            http_status     integer,
            request_id      text,
            CHECK (final = (outcome IN ('succeeded', 'failed', 'cancelled'))),
            PRIMARY KEY (client_id, job_id, event_no, finished_at)
        ) PARTITION BY RANGE (finished_at);
        CREATE INDEX attempt_finished ON attempt USING brin (finished_at);
        CREATE TABLE attempt_default PARTITION OF attempt DEFAULT WITH (\(TableUpkeep.appended));

        -- Makes the monthly partitions that hold the world's time now and the coming months, or with a number below zero the past ones;
        -- any worker calls it, one at a time does it. A month that already has rows in the default partition stays there.
        CREATE FUNCTION attempt_make_partitions(months_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
            DECLARE
                made integer := 0;
                first_day timestamptz;
                next_day timestamptz;
                part text;
            BEGIN
                IF NOT pg_try_advisory_xact_lock(hashtextextended('posthorn.partitions.' || current_schema(), 0)) THEN
                    RETURN 0;
                END IF;
                FOR i IN least(months_ahead, 0)..greatest(months_ahead, 0) LOOP
                    first_day := (date_trunc('month',
                        world_now() AT TIME ZONE 'UTC') + make_interval(months => i)) AT TIME ZONE 'UTC';
                    next_day := (date_trunc('month',
                        world_now() AT TIME ZONE 'UTC') + make_interval(months => i + 1)) AT TIME ZONE 'UTC';
                    part := 'attempt_' || to_char(first_day AT TIME ZONE 'UTC', 'YYYY_MM');
                    CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
                    CONTINUE WHEN EXISTS (SELECT FROM attempt_default WHERE finished_at >= first_day
                        AND finished_at < next_day);
                    BEGIN
                        EXECUTE format('CREATE TABLE %I (LIKE attempt INCLUDING ALL) WITH (\(TableUpkeep.appended))', part);
                        EXECUTE format('ALTER TABLE attempt ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part,
                            first_day, next_day);
                        made := made + 1;
                    EXCEPTION WHEN lock_not_available OR check_violation THEN
                        NULL;  -- Busy, or a row came in between: the default partition holds it.
                    END;
                END LOOP;
                RETURN made;
            END $$;

        -- The client of a job of which only the identity is known: where it lives the identity leads the key, and in the history
        -- it is one probe a client; for commands, never for workers.
        CREATE FUNCTION job_client(wanted uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
            DECLARE
                place text;
                client uuid;
                found_client uuid;
            BEGIN
                FOREACH place IN ARRAY ARRAY['job_ready', 'job_scheduled', 'job_lease', 'job_hold'] LOOP
                    EXECUTE format('SELECT client_id FROM %I WHERE job_id = $1 LIMIT 1', place)
                        INTO found_client USING wanted;
                    IF found_client IS NOT NULL THEN
                        RETURN found_client;
                    END IF;
                END LOOP;
                LOOP
                    SELECT a.client_id INTO client
                    FROM attempt a
                    WHERE client IS NULL OR a.client_id > client
                    ORDER BY a.client_id
                    LIMIT 1;
                    EXIT WHEN client IS NULL;
                    SELECT a.client_id INTO found_client
                    FROM attempt a
                    WHERE a.client_id = client AND a.job_id = wanted
                    LIMIT 1;
                    IF found_client IS NOT NULL THEN
                        RETURN found_client;
                    END IF;
                END LOOP;
                RETURN NULL;
            END $$;


        """

    private static let fleet = """
        -- One row per start of a worker process. beat_at is real time; everything about liveness is.
        CREATE TABLE worker (
            worker_id       uuid PRIMARY KEY,
            host            text NOT NULL,
            pid             integer NOT NULL,
            version         text NOT NULL,
            slots           integer NOT NULL,
            running         integer NOT NULL DEFAULT 0,
            queues          text[] NOT NULL,
            abilities       text[] NOT NULL,
            dead_after_ms   integer NOT NULL CHECK (dead_after_ms > 0),
            state           text NOT NULL CHECK (state IN ('active', 'draining', 'dead', 'stopped')),
            drain_requested boolean NOT NULL DEFAULT false,
            started_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
            beat_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
            ended_at        timestamptz,
            -- By kind of job: the longest a run lasts on this worker, in milliseconds of real time.
            run_limits_ms   jsonb NOT NULL DEFAULT '{}',
            -- By queue: how many of slots are for it alone.
            queue_slots     jsonb NOT NULL DEFAULT '{}'
        ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

        -- What is paused. The nil UUID stands for every client or every account, '' for every queue. app is '' or the app whose
        -- accounts are meant: 'app:<uuid>', or 'provider:<name>' for the accounts of a platform that no app is known for.
        CREATE TABLE queue_control (
            client_id       uuid NOT NULL,
            account_id      uuid NOT NULL,
            queue           text NOT NULL,
            app             text NOT NULL DEFAULT '',
            paused_at       timestamptz NOT NULL,
            paused_by       text NOT NULL,
            reason          text,
            PRIMARY KEY (client_id, account_id, queue, app)
        );

        -- The last number that job_lease_no had given when somebody resumed an app: a refusal of work that was claimed until then
        -- says nothing of the app as it is now. app as in queue_control.
        CREATE TABLE app_resume (
            app             text PRIMARY KEY,
            lease_no        bigint NOT NULL
        );


        """

    private static let effects = """
        -- One outside effect: an operation's visible part. What may be sent, was sent, and is known about it.
        CREATE TABLE effect (
            client_id       uuid NOT NULL,
            op_key          text NOT NULL,
            part            integer NOT NULL,
            job_id          uuid NOT NULL,
            kind            text NOT NULL,
            account_id      uuid NOT NULL,
            provider        text NOT NULL,
            state           text NOT NULL CHECK (state IN ('prepared', 'sending', 'confirmed', 'rejected', 'unknown')),
            send_no         integer NOT NULL DEFAULT 0,
            lease_no        bigint,
            min_lease_no    bigint NOT NULL DEFAULT 0,
            checkpoint      bytea,
            checkpoint_version integer,
            evidence        jsonb,
            prepared_at     timestamptz NOT NULL,
            sent_at         timestamptz,
            resolved_at     timestamptz,
            resolved_by     text,
            absent_reads    integer NOT NULL DEFAULT 0,
            last_read_at    timestamptz,
            -- The sending job's policy: what of a 'reconcile' job becomes unknown is looked for by a job of its own.
            recovery        text NOT NULL DEFAULT 'requeue' CHECK (recovery IN ('requeue', 'reconcile', 'hold')),
            reconcile_job   uuid
        ) WITH (fillfactor = 80, \(TableUpkeep.changed));
        -- As with live jobs: what is looked for by its own key has no leading column in common with another index, or the planner takes
        -- that and reads all that the client ever sent.
        CREATE INDEX effect_job ON effect (job_id, client_id);
        CREATE INDEX effect_prepared ON effect USING brin (prepared_at) WITH (autosummarize = on);
        CREATE INDEX effect_open ON effect (state, sent_at) WHERE state IN ('sending', 'unknown');
        -- Made last: of indexes that cost the same, as all do while a table is empty, PostgreSQL takes the newest.
        ALTER TABLE effect ADD PRIMARY KEY (client_id, op_key, part);

        -- Append-only: each send, and what was learned about it. token names one call of the fence.
        CREATE TABLE effect_send (
            client_id       uuid NOT NULL,
            op_key          text NOT NULL,
            part            integer NOT NULL,
            send_no         integer NOT NULL,
            token           uuid NOT NULL,
            job_id          uuid NOT NULL,
            account_id      uuid NOT NULL,
            provider        text NOT NULL,
            lease_no        bigint NOT NULL,
            worker_id       uuid NOT NULL,
            sent_at         timestamptz NOT NULL,
            sent_real       timestamptz NOT NULL,
            outcome         text CHECK (outcome IN ('confirmed', 'rejected', 'unknown', 'not-sent', 'absent')),
            evidence        jsonb,
            request_id      text,
            settled_at      timestamptz,
            endpoint        text NOT NULL DEFAULT ''
        ) WITH (\(TableUpkeep.changed));
        CREATE INDEX effect_send_account ON effect_send (client_id, account_id, sent_at);
        ALTER TABLE effect_send ADD PRIMARY KEY (client_id, op_key, part, send_no);
        """
}
