// SPDX-License-Identifier: MIT

/// Recurring work and its slots.
///
/// Why it is laid out this way: `docs/decisions/0015-schedules.md`.
enum Migration004Schedules {
    static let sql = """
        -- When work comes again, and the job that each slot makes. Local times are text, so that no session's zone touches them.
        -- next_at is derived from next_local with the zone data of zone_version; look_at is so much before it as the slot is made ahead.
        CREATE TABLE schedule (
            client_id       uuid NOT NULL,
            schedule_id     uuid NOT NULL,
            name            text NOT NULL,
            rule            text NOT NULL,
            starts_local    text NOT NULL,
            time_zone       text NOT NULL,
            gap_policy      text NOT NULL CHECK (gap_policy IN ('shift_forward', 'skip')),
            overlap_policy  text NOT NULL CHECK (overlap_policy IN ('first', 'second', 'both')),
            catch_up        text NOT NULL,
            grace_ms        bigint NOT NULL CHECK (grace_ms >= 0),
            lead_ms         bigint NOT NULL CHECK (lead_ms >= 0),
            jitter_ms       bigint NOT NULL CHECK (jitter_ms >= 0),
            runs_ahead      boolean NOT NULL,
            -- Its work looks at the present: of slots that have passed together the latest stands for all.
            reads_present   boolean NOT NULL DEFAULT false,
            queue           text NOT NULL,
            kind            text NOT NULL,
            provider        text NOT NULL,
            account_id      uuid NOT NULL,
            subject_id      uuid,
            payload         jsonb NOT NULL,
            priority        smallint NOT NULL,
            max_attempts    integer NOT NULL CHECK (max_attempts > 0),
            recovery        text NOT NULL CHECK (recovery IN ('requeue', 'reconcile', 'hold')),
            state           text NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
            state_reason    text,
            generation      integer NOT NULL DEFAULT 1,
            next_local      text,
            next_fold       smallint,
            next_at         timestamptz,
            look_at         timestamptz,
            zone_version    text NOT NULL,
            created_by      text NOT NULL,
            created_at      timestamptz NOT NULL,
            PRIMARY KEY (client_id, schedule_id),
            UNIQUE (client_id, name),
            CHECK (state <> 'active' OR (next_at IS NOT NULL AND look_at IS NOT NULL))
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
        CREATE INDEX schedule_look ON schedule (look_at) WHERE state = 'active';

        -- A slot that was decided: its key is what makes it happen once, whoever decides, in whatever order.
        CREATE TABLE schedule_slot (
            client_id       uuid NOT NULL,
            schedule_id     uuid NOT NULL,
            slot_local      text NOT NULL,
            fold            smallint NOT NULL CHECK (fold IN (0, 1)),
            slot_at         timestamptz NOT NULL,
            due_at          timestamptz,
            outcome         text NOT NULL CHECK (outcome IN ('fired', 'missed')),
            cause           text NOT NULL CHECK (cause IN ('schedule', 'trigger', 'backfill')),
            job_id          uuid,
            generation      integer NOT NULL,
            decided_at      timestamptz NOT NULL,
            CHECK ((outcome = 'fired') = (job_id IS NOT NULL)),
            PRIMARY KEY (client_id, schedule_id, slot_local, fold),
            FOREIGN KEY (client_id, schedule_id) REFERENCES schedule ON DELETE CASCADE
        ) WITH (\(TableUpkeep.changed));
        CREATE INDEX schedule_slot_job ON schedule_slot (client_id, job_id) WHERE job_id IS NOT NULL;
        CREATE INDEX schedule_slot_decided ON schedule_slot (decided_at);
        """
}
