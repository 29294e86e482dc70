-- Version 3.

-- What a user is sorted by, in a few bytes, so that sorting the hits of a search
-- need not read their documents (search/sortkeys.h). A user without a row was
-- last written by version 2: then the document is asked.
CREATE TABLE user_sort_keys (id INTEGER PRIMARY KEY, keys BLOB NOT NULL);

-- How many rows a list has, so that its total costs the same however
-- long it is. Exact, because it is kept where the rows change, whoever does it.

-- Relations: field is the side, 'a' or 'b', value the id that stands there.
-- Documents: all of a kind under field '' and value '', and those that a filter
-- lets through under its field and value. What has no row has none.
CREATE TABLE row_counts (
    kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (kind, field, value)
) WITHOUT ROWID;
INSERT INTO row_counts SELECT kind, 'a', a, COUNT(*) FROM relations GROUP BY kind, a;
INSERT INTO row_counts SELECT kind, 'b', b, COUNT(*) FROM relations GROUP BY kind, b;
INSERT INTO row_counts SELECT kind, '', '', COUNT(*) FROM documents GROUP BY kind;
INSERT INTO row_counts SELECT kind, field, value, COUNT(*) FROM document_filter GROUP BY kind, field, value;

CREATE TRIGGER relations_counted AFTER INSERT ON relations BEGIN
    INSERT INTO row_counts VALUES (NEW.kind, 'a', NEW.a, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    INSERT INTO row_counts VALUES (NEW.kind, 'b', NEW.b, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER relations_uncounted AFTER DELETE ON relations BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = 'a' AND value = OLD.a;
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = 'a' AND value = OLD.a AND n = 0;
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = 'b' AND value = OLD.b;
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = 'b' AND value = OLD.b AND n = 0;
END;
CREATE TRIGGER documents_counted AFTER INSERT ON documents BEGIN
    INSERT INTO row_counts VALUES (NEW.kind, '', '', 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER documents_uncounted AFTER DELETE ON documents BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = '' AND value = '';
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = '' AND value = '' AND n = 0;
END;
CREATE TRIGGER document_filter_counted AFTER INSERT ON document_filter BEGIN
    INSERT INTO row_counts VALUES (NEW.kind, NEW.field, NEW.value, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER document_filter_uncounted AFTER DELETE ON document_filter BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = OLD.field AND value = OLD.value;
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = OLD.field AND value = OLD.value AND n = 0;
END;
