"""What the recorded tenant held before a cassette began, where no call of the API makes such a thing: sessions and
refresh tokens of a login. Read off the cassette itself (the answers of its GETs, the ids in its paths) and laid into a
snapshot of the tenant, so that the operations on them have something to work on."""
import gzip, json, os, re, sqlite3, subprocess

CASSETTES = ["go-auth0/TestSessionManager_Read", "go-auth0/TestSessionManager_Revoke", "go-auth0/TestRefreshTokenManager_Read",
             "go-auth0/TestRefreshTokenManager_Delete"]
FAR = 4 * 10 ** 15  # microseconds; a day in 2096


def cassettes(folder):
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".jsonl.gz"):
            for line in gzip.open(os.path.join(folder, name), "rt", encoding="utf-8"):
                c = json.loads(line)
                found["%s/%s" % (c["set"], c["name"])] = c["interactions"]
    return found


def things(interactions):
    """(sessions, tokens, users) that the cassette finds there."""
    sessions, tokens = {}, []
    for i in interactions:
        path, answer = i["path"].replace("/api/v2", "", 1), i.get("res") or {}
        m = re.match(r"/sessions/([^/]+)", path)
        if m:
            sessions.setdefault(m.group(1), {"id": m.group(1), "user_id": "UserID"})
            if i["method"] == "GET" and i["status"] == 200:
                sessions[m.group(1)] = answer
        if i["method"] == "GET" and re.match(r"/refresh-tokens/", path):
            tokens.append(answer)
    users = {t["user_id"] for t in list(sessions.values()) + tokens}
    return list(sessions.values()), tokens, users


def lay(binary, data, held):
    """held: of things(). The server may be running."""
    sessions, tokens, users = held
    snapshot = os.path.join(data, "..", "held.db")
    command = lambda verb: subprocess.run([binary, "tenant", verb, "default", snapshot, "--data", data], check=True, stdout=subprocess.DEVNULL)
    command("snapshot")
    db = sqlite3.connect(snapshot)
    for uid in users:
        db.execute("DELETE FROM sessions WHERE user IN (SELECT id FROM users WHERE uid = ?)", (uid,))
        db.execute("DELETE FROM refresh_tokens WHERE user IN (SELECT id FROM users WHERE uid = ?)", (uid,))
        db.execute("INSERT OR IGNORE INTO users (uid, doc) VALUES (?, ?)", (uid, json.dumps({"user_id": uid, "identities": []})))
    row = lambda uid: db.execute("SELECT id FROM users WHERE uid = ?", (uid,)).fetchone()[0]
    for s in sessions:
        db.execute("INSERT INTO sessions (id, user, body, ends_at) VALUES (?, ?, ?, ?)", (s["id"], row(s["user_id"]), json.dumps(s), FAR))
    for t in tokens:
        db.execute("INSERT INTO refresh_tokens (id, hash, user, client_id, body) VALUES (?, ?, ?, ?, ?)",
                   (t["id"], t["id"].encode(), row(t["user_id"]), t["client_id"], json.dumps(t)))
    db.commit()
    db.close()
    command("restore")
    os.remove(snapshot)
