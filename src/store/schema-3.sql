-- Version 3.

-- What a user is sorted by, in a few bytes, so that sorting the hits of a search
-- need not read their documents (search/sortkeys.h). A user without a row was
-- last written by version 2: then the document is asked.
CREATE TABLE user_sort_keys (id INTEGER PRIMARY KEY, keys BLOB NOT NULL);
-- Of version 2's users nobody knows whether a sorted field has several values
-- (search/field.h, FIELD_SEVERAL): each may.
INSERT INTO user_terms (f, v, id)
    SELECT 24, t.v, 0 FROM (SELECT x'01' AS v UNION SELECT x'02' UNION SELECT x'04' UNION SELECT x'05' UNION SELECT x'06'
        UNION SELECT x'07' UNION SELECT x'08' UNION SELECT x'09' UNION SELECT x'0a' UNION SELECT x'0b' UNION SELECT x'0c'
        UNION SELECT x'0d' UNION SELECT x'0e' UNION SELECT x'0f' UNION SELECT x'10' UNION SELECT x'11' UNION SELECT x'12'
        UNION SELECT x'13') AS t
    WHERE EXISTS (SELECT 1 FROM users);

-- How many rows a long list has, so that its total costs the same however long
-- it is: one of 64 rows or more has its number here, a shorter one is counted
-- when it is asked for. Exact, because it is kept where the rows change, whoever
-- does it.

-- Relations: field is the side, 'a' or 'b', value the id that stands there.
-- Documents: all of a kind under field '' and value '', and those that a filter
-- lets through under its field and value.
CREATE TABLE row_counts (
    kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (kind, field, value)
) WITHOUT ROWID;
INSERT INTO row_counts SELECT kind, 'a', a, COUNT(*) FROM relations GROUP BY kind, a HAVING COUNT(*) >= 64;
INSERT INTO row_counts SELECT kind, 'b', b, COUNT(*) FROM relations GROUP BY kind, b HAVING COUNT(*) >= 64;
INSERT INTO row_counts SELECT kind, '', '', COUNT(*) FROM documents GROUP BY kind HAVING COUNT(*) >= 64;
INSERT INTO row_counts SELECT kind, field, value, COUNT(*) FROM document_filter GROUP BY kind, field, value HAVING COUNT(*) >= 64;

CREATE TRIGGER relations_counted AFTER INSERT ON relations BEGIN
    UPDATE row_counts SET n = n + 1 WHERE kind = NEW.kind AND field = 'a' AND value = NEW.a;
    INSERT INTO row_counts SELECT NEW.kind, 'a', NEW.a, 64
        WHERE NOT EXISTS (SELECT 1 FROM row_counts WHERE kind = NEW.kind AND field = 'a' AND value = NEW.a)
        AND 64 = (SELECT COUNT(*) FROM (SELECT 1 FROM relations WHERE kind = NEW.kind AND a = NEW.a LIMIT 64));
    UPDATE row_counts SET n = n + 1 WHERE kind = NEW.kind AND field = 'b' AND value = NEW.b;
    INSERT INTO row_counts SELECT NEW.kind, 'b', NEW.b, 64
        WHERE NOT EXISTS (SELECT 1 FROM row_counts WHERE kind = NEW.kind AND field = 'b' AND value = NEW.b)
        AND 64 = (SELECT COUNT(*) FROM (SELECT 1 FROM relations WHERE kind = NEW.kind AND b = NEW.b LIMIT 64));
END;
CREATE TRIGGER relations_uncounted AFTER DELETE ON relations BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = 'a' AND value = OLD.a;
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = 'a' AND value = OLD.a AND n < 64;
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = 'b' AND value = OLD.b;
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = 'b' AND value = OLD.b AND n < 64;
END;
CREATE TRIGGER documents_counted AFTER INSERT ON documents BEGIN
    UPDATE row_counts SET n = n + 1 WHERE kind = NEW.kind AND field = '' AND value = '';
    INSERT INTO row_counts SELECT NEW.kind, '', '', 64
        WHERE NOT EXISTS (SELECT 1 FROM row_counts WHERE kind = NEW.kind AND field = '' AND value = '')
        AND 64 = (SELECT COUNT(*) FROM (SELECT 1 FROM documents WHERE kind = NEW.kind LIMIT 64));
END;
CREATE TRIGGER documents_uncounted AFTER DELETE ON documents BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = '' AND value = '';
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = '' AND value = '' AND n < 64;
END;
CREATE TRIGGER document_filter_counted AFTER INSERT ON document_filter BEGIN
    UPDATE row_counts SET n = n + 1 WHERE kind = NEW.kind AND field = NEW.field AND value = NEW.value;
    INSERT INTO row_counts SELECT NEW.kind, NEW.field, NEW.value, 64
        WHERE NOT EXISTS (SELECT 1 FROM row_counts WHERE kind = NEW.kind AND field = NEW.field AND value = NEW.value)
        AND 64 = (SELECT COUNT(*) FROM (SELECT 1 FROM document_filter WHERE kind = NEW.kind AND field = NEW.field AND value = NEW.value LIMIT 64));
END;
CREATE TRIGGER document_filter_uncounted AFTER DELETE ON document_filter BEGIN
    UPDATE row_counts SET n = n - 1 WHERE kind = OLD.kind AND field = OLD.field AND value = OLD.value;
    DELETE FROM row_counts WHERE kind = OLD.kind AND field = OLD.field AND value = OLD.value AND n < 64;
END;

-- Who has this address, this number? As an expression the provider is tested on
-- the one row that is found; as a bare column it became part of the key that is
-- looked for, and the list a table of its own at each look-up.
DROP INDEX identities_by_email;
CREATE UNIQUE INDEX identities_by_email ON identities (connection, email)
    WHERE email IS NOT NULL AND provider || '' IN ('auth0', 'email');
DROP INDEX identities_by_phone;
CREATE UNIQUE INDEX identities_by_phone ON identities (connection, phone)
    WHERE phone IS NOT NULL AND provider || '' IN ('auth0', 'sms');
