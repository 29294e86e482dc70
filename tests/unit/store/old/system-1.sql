INSERT INTO meta VALUES ('next_file', '2');
INSERT INTO tenants VALUES (1, 'default', 'localhost:8443', 1700000000000000, 1, 'abcdefgh12345678', 'v1.x');
INSERT INTO domains VALUES ('localhost:8443', 1);
INSERT INTO spare_keys VALUES ('a-b', 'v1.x');
