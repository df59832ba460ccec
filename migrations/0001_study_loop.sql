-- The study loop: study channels, rounds, answers, marks, scores, and the two queues at the edges.
-- Times are milliseconds since 1970 in UTC. Ids named *_ref come from a platform.

CREATE TABLE workspaces (
    id            INTEGER PRIMARY KEY,
    platform      TEXT NOT NULL CHECK (platform IN ('local', 'discord', 'slack')),
    workspace_ref TEXT NOT NULL,
    UNIQUE (platform, workspace_ref)
) STRICT;

CREATE TABLE learners (
    id           INTEGER PRIMARY KEY,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    person_ref   TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- Whether leaderboards name them.
    listed       INTEGER NOT NULL DEFAULT 1 CHECK (listed IN (0, 1)),
    -- Whether they get direct messages.
    notices      INTEGER NOT NULL DEFAULT 1 CHECK (notices IN (0, 1)),
    left_at      INTEGER,
    UNIQUE (workspace_id, person_ref)
) STRICT;

-- Direct messages that the platform refused: kept for /study me.
CREATE TABLE kept_notices (
    id         INTEGER PRIMARY KEY,
    learner_id INTEGER NOT NULL REFERENCES learners (id),
    message    TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_notices_of ON kept_notices (learner_id);

CREATE TABLE study_channels (
    id             INTEGER PRIMARY KEY,
    workspace_id   INTEGER NOT NULL REFERENCES workspaces (id),
    channel_ref    TEXT NOT NULL,
    name           TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('active', 'paused', 'removed')),
    schedule       TEXT NOT NULL,
    zone           TEXT NOT NULL,
    answer_minutes INTEGER NOT NULL CHECK (answer_minutes > 0),
    review_minutes INTEGER NOT NULL CHECK (review_minutes > 0),
    grace_minutes  INTEGER NOT NULL CHECK (grace_minutes >= 0),
    selection      TEXT NOT NULL,
    sealed         INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    anonymous      INTEGER NOT NULL CHECK (anonymous IN (0, 1)),
    dates_off      TEXT NOT NULL,
    admin_channel  TEXT NOT NULL,
    organisers     TEXT NOT NULL,
    seed           INTEGER NOT NULL,
    -- Occurrences up to this civil time are dealt with.
    handled_civil  TEXT NOT NULL,
    -- Occurrences before this instant are not caught up.
    not_before     INTEGER NOT NULL,
    -- The next instant at which something is due; the scheduler looks at nothing else.
    due_at         INTEGER,
    UNIQUE (workspace_id, channel_ref)
) STRICT;
CREATE INDEX study_channels_due ON study_channels (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE rounds (
    id                 INTEGER PRIMARY KEY,
    study_channel_id   INTEGER NOT NULL REFERENCES study_channels (id),
    workspace_id       INTEGER NOT NULL REFERENCES workspaces (id),
    -- The civil time of the occurrence: one round for each.
    civil              TEXT NOT NULL,
    question_id        TEXT NOT NULL,
    -- The snapshot in two parts, so that what is posted before the reveal can't carry a rubric.
    face               TEXT NOT NULL,
    question           TEXT NOT NULL,
    phase              TEXT NOT NULL CHECK (phase IN ('open', 'collecting', 'review', 'closed', 'cancelled')),
    opened_at          INTEGER NOT NULL,
    posted             INTEGER NOT NULL DEFAULT 0 CHECK (posted IN (0, 1)),
    deadline_at        INTEGER NOT NULL,
    review_ms          INTEGER NOT NULL,
    review_deadline_at INTEGER,
    collecting_since   INTEGER,
    closing            INTEGER NOT NULL DEFAULT 0 CHECK (closing IN (0, 1)),
    sealed             INTEGER NOT NULL,
    anonymous          INTEGER NOT NULL,
    -- The thread, once it is open: the message that it hangs from.
    thread_ref         TEXT,
    due_at             INTEGER,
    UNIQUE (study_channel_id, civil)
) STRICT;
CREATE INDEX rounds_due ON rounds (due_at) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX rounds_by_thread ON rounds (workspace_id, thread_ref) WHERE thread_ref IS NOT NULL;
CREATE INDEX rounds_closed ON rounds (review_deadline_at) WHERE phase = 'closed';
CREATE INDEX rounds_unfinished ON rounds (phase) WHERE phase IN ('open', 'collecting', 'review');

CREATE TABLE answers (
    id              INTEGER PRIMARY KEY,
    round_id        INTEGER NOT NULL REFERENCES rounds (id),
    learner_id      INTEGER NOT NULL REFERENCES learners (id),
    private_text    TEXT NOT NULL DEFAULT '',
    private_version INTEGER NOT NULL DEFAULT 0,
    late_text       TEXT NOT NULL DEFAULT '',
    late_version    INTEGER NOT NULL DEFAULT 0,
    -- Something of it counted when the answers were frozen.
    on_time         INTEGER CHECK (on_time IN (0, 1)),
    -- Our first reaction was given, and our one public word on a refused message.
    acknowledged    INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1)),
    warned          INTEGER NOT NULL DEFAULT 0 CHECK (warned IN (0, 1)),
    UNIQUE (round_id, learner_id)
) STRICT;
CREATE INDEX answers_of ON answers (learner_id);

-- The thread's messages, one row each. A deleted one keeps its row without text, so that nothing brings it back.
CREATE TABLE answer_parts (
    round_id         INTEGER NOT NULL REFERENCES rounds (id),
    message_ref      TEXT NOT NULL,
    answer_id        INTEGER REFERENCES answers (id),
    deleted          INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    sent_at          INTEGER NOT NULL,
    edited_at        INTEGER,
    text             TEXT NOT NULL,
    files            TEXT NOT NULL,
    replies_to_other INTEGER NOT NULL,
    chars            INTEGER NOT NULL,
    -- Whether it counts as far as we know now; decided anew when the answers are frozen.
    counts           INTEGER NOT NULL CHECK (counts IN (0, 1)),
    choice           TEXT CHECK (choice IN ('in', 'out')),
    edited_late      INTEGER NOT NULL CHECK (edited_late IN (0, 1)),
    frozen           INTEGER CHECK (frozen IN (0, 1)),
    PRIMARY KEY (round_id, message_ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_parts_counted ON answer_parts (answer_id, counts, sent_at, chars);

CREATE TABLE assessments (
    id          INTEGER PRIMARY KEY,
    answer_id   INTEGER NOT NULL REFERENCES answers (id),
    kind        TEXT NOT NULL CHECK (kind IN ('self', 'peer', 'staff')),
    assessor_id INTEGER NOT NULL REFERENCES learners (id),
    saved_at    INTEGER NOT NULL,
    UNIQUE (answer_id, kind, assessor_id)
) STRICT;

CREATE TABLE marks (
    assessment_id INTEGER NOT NULL REFERENCES assessments (id) ON DELETE CASCADE,
    criterion_id  TEXT NOT NULL,
    met           INTEGER NOT NULL CHECK (met IN (0, 1)),
    PRIMARY KEY (assessment_id, criterion_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE scores (
    answer_id        INTEGER PRIMARY KEY REFERENCES answers (id),
    round_id         INTEGER NOT NULL REFERENCES rounds (id),
    study_channel_id INTEGER NOT NULL REFERENCES study_channels (id),
    learner_id       INTEGER NOT NULL REFERENCES learners (id),
    points           INTEGER NOT NULL CHECK (points BETWEEN 0 AND 100),
    basis            TEXT NOT NULL,
    -- The criteria that count as met, so that every score can be explained.
    met              TEXT NOT NULL,
    week             TEXT NOT NULL,
    month            TEXT NOT NULL,
    settled_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX scores_of ON scores (learner_id, round_id);
CREATE INDEX scores_in ON scores (round_id);

-- Sums over scores, kept in the transaction that settles them; `studybot doctor` proves that they agree.
CREATE TABLE totals (
    study_channel_id INTEGER NOT NULL REFERENCES study_channels (id),
    span             TEXT NOT NULL CHECK (span IN ('week', 'month', 'all')),
    period           TEXT NOT NULL,
    learner_id       INTEGER NOT NULL REFERENCES learners (id),
    points           INTEGER NOT NULL,
    answers          INTEGER NOT NULL,
    PRIMARY KEY (study_channel_id, span, period, learner_id)
) STRICT, WITHOUT ROWID;

-- Keys of events that were handled: a redelivery meets its key here.
CREATE TABLE inbox (
    key         TEXT PRIMARY KEY,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the platforms are to be told, in order inside a lane.
CREATE TABLE outbox (
    id               INTEGER PRIMARY KEY,
    key              TEXT NOT NULL UNIQUE,
    lane             TEXT NOT NULL,
    -- 0 before 1: reactions come last.
    priority         INTEGER NOT NULL,
    -- The row whose result this one aims at.
    depends_on       INTEGER REFERENCES outbox (id),
    workspace_id     INTEGER NOT NULL REFERENCES workspaces (id),
    study_channel_id INTEGER REFERENCES study_channels (id),
    round_id         INTEGER REFERENCES rounds (id),
    learner_id       INTEGER REFERENCES learners (id),
    purpose          TEXT NOT NULL,
    -- What to do, in JSON; dropped 7 days after the row was settled.
    payload          TEXT,
    state            TEXT NOT NULL CHECK (state IN ('pending', 'leased', 'sent', 'dead')),
    due_at           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL DEFAULT 0,
    -- An attempt ended without a clear answer: look before posting again.
    unclear          INTEGER NOT NULL DEFAULT 0 CHECK (unclear IN (0, 1)),
    lease_start      INTEGER,
    result           TEXT,
    error            TEXT,
    created_at       INTEGER NOT NULL,
    settled_at       INTEGER
) STRICT;
CREATE INDEX outbox_unsettled ON outbox (lane, id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_pending ON outbox (priority, id) WHERE state = 'pending';
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'pending';
CREATE INDEX outbox_reactions ON outbox (round_id) WHERE purpose = 'reaction';
CREATE INDEX outbox_dependants ON outbox (depends_on) WHERE depends_on IS NOT NULL;
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL AND payload IS NOT NULL;

-- One row a start of the program; leases of earlier starts are void.
CREATE TABLE starts (
    id         INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL
) STRICT;

-- Single values, such as the demo clock's offset.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
