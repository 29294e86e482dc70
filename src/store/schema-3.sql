-- Version 3.

-- What a user is sorted by, in a few bytes, so that sorting the hits of a search
-- need not read their documents (search/sortkeys.h). A user without a row was
-- last written by version 2: then the document is asked.
CREATE TABLE user_sort_keys (id INTEGER PRIMARY KEY, keys BLOB NOT NULL);
