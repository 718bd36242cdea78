-- The roles of the case {{.Case}}, and what each may do. Run it as often as you like,
-- as a superuser, or as a role that may create roles and owns the case; and again after
-- an update of vigil that changed the tables. Then give roles to logins:
-- GRANT {{.Case}}_crawler TO "login".
BEGIN;
SET LOCAL search_path = {{.Case}};

DO $$
DECLARE r text;
BEGIN
    FOREACH r IN ARRAY ARRAY[{{range $i, $r := .Roles}}{{if $i}}, {{end}}'{{$.Case}}_{{$r}}'{{end}}] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', r);
        END IF;
    END LOOP;
END $$;

-- The owner changes the tables when vigil is updated, erases what a retention rule says,
-- and does what officers do: orders, holds, watchlists, imports.
DO $$
DECLARE t record;
BEGIN
    EXECUTE format('GRANT {{.Case}}_owner TO %I', current_user);
    ALTER SCHEMA {{.Case}} OWNER TO {{.Case}}_owner;
    FOR t IN SELECT c.relname, c.relkind FROM pg_catalog.pg_class c
        WHERE c.relnamespace = '{{.Case}}'::regnamespace AND c.relkind IN ('r', 'S')
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')) LOOP
        EXECUTE format('ALTER %s %I OWNER TO {{.Case}}_owner', CASE t.relkind WHEN 'r' THEN 'TABLE' ELSE 'SEQUENCE' END, t.relname);
    END LOOP;
END $$;
ALTER FUNCTION kept() OWNER TO {{.Case}}_owner;
ALTER FUNCTION grows() OWNER TO {{.Case}}_owner;

-- Nothing that is not given below.
REVOKE ALL ON SCHEMA {{.Case}} FROM PUBLIC, {{.Others}};
REVOKE ALL ON ALL TABLES IN SCHEMA {{.Case}} FROM PUBLIC, {{.Others}};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA {{.Case}} FROM PUBLIC, {{.Others}};
GRANT USAGE ON SCHEMA {{.Case}} TO {{.Others}};

-- The auditor reads the logs and proves what is in them, and reads nothing else.
GRANT SELECT ON meta, clock, logs, lines, hashes TO {{.Others}};

-- Who works reads the case, adds to its logs and to its queue, and keeps up what
-- follows from records.
GRANT SELECT ON ALL TABLES IN SCHEMA {{.Case}} TO {{.Workers}};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {{.Case}} TO {{.Workers}};
GRANT INSERT ON lines, hashes, logs, records, tasks, counts, pace, handed TO {{.Workers}};
GRANT UPDATE, DELETE ON handed TO {{.Workers}};
GRANT UPDATE ON tasks, counts TO {{.Workers}};
GRANT UPDATE (size, edge) ON logs TO {{.Workers}};
GRANT UPDATE (latest) ON clock TO {{.Workers}};
GRANT UPDATE (last, rest) ON pace TO {{.Workers}}; -- a clock that was set back
GRANT INSERT, UPDATE, DELETE ON captures, mentions, triage, levels, docs TO {{.Workers}};

-- The crawler brings pages, keeps to the pace of their source, and pauses it at a wall.
GRANT INSERT ON bodies, pages TO {{.Case}}_crawler;
GRANT UPDATE ON pace TO {{.Case}}_crawler;
GRANT UPDATE (standing) ON sources TO {{.Case}}_crawler;
GRANT DELETE ON unused TO {{.Case}}_crawler; -- a body that is used again

-- Of records, each adds those of its own work.
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
{{range .Writes}}DROP POLICY IF EXISTS {{.Role}}_adds ON records;
CREATE POLICY {{.Role}}_adds ON records FOR INSERT TO {{$.Case}}_{{.Role}} WITH CHECK (typ IN ({{.Types}}));
{{end}}DROP POLICY IF EXISTS workers_read ON records;
CREATE POLICY workers_read ON records FOR SELECT TO {{.Workers}} USING (true);

-- Of tasks, each moves those of its own work. What a set-back clock moves is of no stage.
CREATE OR REPLACE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql SET search_path = {{.Case}}, pg_catalog AS $$
DECLARE
    mover text := CASE NEW.stage
        WHEN 'fetch' THEN '{{.Case}}_crawler' WHEN 'extract' THEN '{{.Case}}_classifier' WHEN 'classify' THEN '{{.Case}}_classifier'
        ELSE '{{.Case}}_reviewer' END;
    may boolean := pg_has_role(current_user, mover, 'USAGE')
        OR NEW.stage = 'extract' AND pg_has_role(current_user, '{{.Case}}_crawler', 'USAGE'); -- of what it fetched
BEGIN
    IF TG_OP = 'INSERT' THEN
        may := may OR NEW.stage <> 'fetch'; -- what comes after one's own work
    ELSE
        may := NEW.stage = OLD.stage AND (may
            OR NEW.state = OLD.state AND to_jsonb(NEW) - 'until' - 'data' = to_jsonb(OLD) - 'until' - 'data'
            -- What was found anew is to be reviewed anew.
            OR mover = '{{.Case}}_reviewer' AND NEW.state = 'queued' AND pg_has_role(current_user, '{{.Case}}_classifier', 'USAGE'));
    END IF;
    IF NOT may AND NOT pg_has_role(current_user, '{{.Case}}_owner', 'USAGE') THEN
        RAISE insufficient_privilege USING MESSAGE = format('%s of a task of stage %s is refused to %s: want the role %s', lower(TG_OP), NEW.stage, current_user, mover);
    END IF;
    RETURN NEW;
END $$;
ALTER FUNCTION moves() OWNER TO {{.Case}}_owner;
DROP TRIGGER IF EXISTS moves ON tasks;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION moves();

COMMIT;
