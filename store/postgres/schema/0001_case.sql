-- A case, version 1. SCHEMA.md says what each table holds, and what of it is sealed.
-- Names and IDs sort as bytes. Times are nanoseconds since 1970, NULL for none.

CREATE TABLE meta (
    name  text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);

-- The latest time that a change was made at, so that a clock that was set back is found out.
CREATE TABLE clock (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    latest bigint NOT NULL
);

-- Each connection that writes counts its transactions here, each in the transaction itself:
-- who lost the connection during COMMIT sees by it whether that was done. Rows of
-- connections that have not written for a day are removed when a case is opened.
CREATE TABLE handed (
    client bytea PRIMARY KEY,
    n      bigint NOT NULL,
    since  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE logs (
    ord  text COLLATE "C" PRIMARY KEY,
    size bigint NOT NULL,
    edge bytea NOT NULL DEFAULT '' -- hashes from which those of the next line follow
);

CREATE TABLE lines (
    ord  text COLLATE "C" NOT NULL,
    seq  bigint NOT NULL,
    line bytea NOT NULL,
    PRIMARY KEY (ord, seq)
);

CREATE TABLE hashes (
    ord  text COLLATE "C" NOT NULL,
    idx  bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (ord, idx)
);

CREATE TABLE records (
    typ  text COLLATE "C" NOT NULL,
    id   text COLLATE "C" NOT NULL,
    ord  text COLLATE "C" NOT NULL,
    seq  bigint NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (typ, id, ord, seq)
);

CREATE TABLE bodies (
    sha256 text COLLATE "C" PRIMARY KEY,
    form   text NOT NULL,
    data   bytea NOT NULL
);
ALTER TABLE bodies ALTER data SET STORAGE EXTERNAL; -- compressed already, or sealed

CREATE TABLE unused (
    sha256 text COLLATE "C" PRIMARY KEY
);

CREATE TABLE rows (
    list text COLLATE "C" NOT NULL,
    n    integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (list, n)
);

CREATE TABLE sources (
    id       text COLLATE "C" PRIMARY KEY,
    data     bytea NOT NULL,
    standing bytea
);

CREATE TABLE pace (
    source   text COLLATE "C" PRIMARY KEY,
    last     bigint,
    rest     bigint,
    pages    bigint NOT NULL DEFAULT 0,
    bytes    bigint NOT NULL DEFAULT 0,
    setbacks bigint NOT NULL DEFAULT 0,
    because  bytea
);

CREATE SEQUENCE place;

CREATE TABLE tasks (
    id       text COLLATE "C" PRIMARY KEY,
    stage    text COLLATE "C" NOT NULL,
    source   text COLLATE "C" NOT NULL,
    state    text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    place    bigint NOT NULL,
    until    bigint,
    barred   text[] NOT NULL,
    passed   text[] NOT NULL,
    data     bytea NOT NULL
);
CREATE INDEX tasks_ready ON tasks (stage, priority DESC, place) WHERE state = 'queued' AND until IS NULL;
CREATE INDEX tasks_lane ON tasks (stage, source, priority DESC, place) WHERE state = 'queued' AND until IS NULL;
CREATE INDEX tasks_timed ON tasks (stage, source, until) WHERE until IS NOT NULL;
CREATE INDEX tasks_state ON tasks (stage, state, place);
CREATE INDEX tasks_place ON tasks (place);

CREATE TABLE counts (
    source text COLLATE "C" NOT NULL,
    stage  text COLLATE "C" NOT NULL,
    state  text COLLATE "C" NOT NULL,
    n      bigint NOT NULL,
    PRIMARY KEY (source, stage, state)
);

-- From here on, all follows from the above.

CREATE SEQUENCE page_number;

CREATE TABLE pages (
    n      bigint PRIMARY KEY,
    id     text COLLATE "C" NOT NULL UNIQUE,
    source text COLLATE "C" NOT NULL
);
CREATE INDEX pages_source ON pages (source, n);

CREATE TABLE captures (
    page       text COLLATE "C" NOT NULL,
    listing    text COLLATE "C" NOT NULL,
    assessment bigint,
    reading    bigint,
    PRIMARY KEY (page, listing)
);

CREATE TABLE mentions (
    key     bytea NOT NULL,
    listing text COLLATE "C" NOT NULL,
    at      bigint NOT NULL,
    page    text COLLATE "C" NOT NULL,
    i       integer NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (key, listing, at, page, i)
);
CREATE INDEX mentions_capture ON mentions (page, listing);

CREATE TABLE listed (
    key  bytea NOT NULL,
    list text COLLATE "C" NOT NULL,
    n    integer NOT NULL,
    PRIMARY KEY (key, list, n)
);

CREATE TABLE triage (
    listing text COLLATE "C" PRIMARY KEY,
    source  text COLLATE "C" NOT NULL,
    level   smallint NOT NULL,
    score   double precision NOT NULL,
    review  text COLLATE "C" NOT NULL,
    waiting boolean NOT NULL
);
CREATE INDEX triage_all ON triage (level DESC, score DESC, listing);
CREATE INDEX triage_source ON triage (source, level DESC, score DESC, listing);
CREATE INDEX triage_waiting ON triage (level DESC, score DESC, listing) WHERE waiting;
CREATE INDEX triage_source_waiting ON triage (source, level DESC, score DESC, listing) WHERE waiting;
CREATE INDEX triage_review ON triage (review);

CREATE TABLE levels (
    source  text COLLATE "C" NOT NULL,
    level   smallint NOT NULL,
    n       bigint NOT NULL,
    waiting bigint NOT NULL,
    PRIMARY KEY (source, level)
);

CREATE SEQUENCE doc_number;

CREATE TABLE docs (
    n       bigint PRIMARY KEY,
    listing text COLLATE "C" NOT NULL,
    ord     text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL,
    born    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ended   xid8,
    words   bigint[] NOT NULL,
    facts   bigint[] NOT NULL,
    level   smallint NOT NULL,
    score   double precision NOT NULL,
    at      bigint,
    waiting boolean NOT NULL,
    data    bytea NOT NULL
);
CREATE INDEX docs_listing ON docs (listing, n);
CREATE INDEX docs_words ON docs USING gin (words);
CREATE INDEX docs_facts ON docs USING gin (facts);
CREATE INDEX docs_level ON docs (level DESC, score DESC, n DESC) WHERE ended IS NULL;

-- The planner's samples of values would outlive what is erased.
ALTER TABLE records  ALTER data SET STATISTICS 0;
ALTER TABLE bodies   ALTER data SET STATISTICS 0;
ALTER TABLE rows     ALTER data SET STATISTICS 0;
ALTER TABLE tasks    ALTER data SET STATISTICS 0;
ALTER TABLE mentions ALTER data SET STATISTICS 0;
ALTER TABLE docs     ALTER data SET STATISTICS 0;
