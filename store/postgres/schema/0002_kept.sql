-- What is kept for good is never changed, whoever asks, the owner of the case among
-- them: whoever wants to must first take the trigger away, and that is an act of an
-- administrator. Signed checkpoints lie outside of the database, so that even this
-- does not go unseen.

CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = format('%s of %s is refused: what it holds is kept for good', lower(TG_OP), TG_TABLE_NAME);
END $$;

CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON lines  EXECUTE FUNCTION kept();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON hashes EXECUTE FUNCTION kept();
-- These can be erased, by the owner, with an entry in the log.
CREATE TRIGGER kept BEFORE UPDATE OR TRUNCATE ON records EXECUTE FUNCTION kept();
CREATE TRIGGER kept BEFORE UPDATE OR TRUNCATE ON bodies  EXECUTE FUNCTION kept();
CREATE TRIGGER kept BEFORE UPDATE OR TRUNCATE ON rows    EXECUTE FUNCTION kept();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON logs    EXECUTE FUNCTION kept();

CREATE FUNCTION grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size < OLD.size OR NEW.ord <> OLD.ord THEN
        RAISE insufficient_privilege USING MESSAGE = format('a log of %s entries cannot become one of %s', OLD.size, NEW.size);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER grows BEFORE UPDATE ON logs FOR EACH ROW EXECUTE FUNCTION grows();
