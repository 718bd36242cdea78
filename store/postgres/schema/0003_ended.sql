-- What was found on the first page of hits may have ended since: so these documents are
-- found beside those that stand, without looking at all.
CREATE INDEX docs_ended ON docs (ended) WHERE ended IS NOT NULL;
