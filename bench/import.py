#!/usr/bin/python3
"""import.py BINARY [COUNT] [into-full]: COUNT users with hashes imported through POST /jobs/users-imports into a new
directory, once more (other users) into the full one, then exported. Prints seconds, users a second, and the server's peak
memory for each. The file is generated beside the data directory; everything goes at the end."""
import gzip, http.client, json, os, shutil, subprocess, sys, tempfile, time, urllib.parse

HASH = "$2b$10$abcdefghijklmnopqrstuuK9ZAeTZ7JX6mtHmFNdZWm2cyUkoXHnG"


def write_users(path, first, count):
    with open(path, "w") as f:
        f.write("[")
        for i in range(first, first + count):
            f.write("%s%s" % ("," if i > first else "", json.dumps({
                "email": "person%d@d%d.example" % (i, i % 1000), "email_verified": i % 2 == 0, "given_name": "Given%d" % (i % 5000),
                "family_name": "Family%d" % (i % 9000), "password_hash": HASH, "user_id": "%024x" % (i * 2654435761 % 2 ** 96),
                "app_metadata": {"plan": "gold" if i % 2 else "free", "rare": "r%d" % (i % 5000)},
                "user_metadata": {"color": "c%d" % (i % 7), "note": "n" * 60}})))
        f.write("]")


class Client:
    def __init__(self, data):
        self.credentials = json.load(open(data + "/credentials.json"))
        self.host = urllib.parse.urlparse(self.credentials["base_url"]).netloc
        m = self.credentials["management"]
        self.token = self.call("POST", "/oauth/token", json.dumps({
            "grant_type": "client_credentials", "client_id": m["client_id"], "client_secret": m["client_secret"],
            "audience": m["audience"]}), "application/json", token=False)["access_token"]

    def call(self, method, path, body=None, kind="application/json", token=True, raw=False):
        c = http.client.HTTPConnection(self.host, timeout=600)
        headers = {"Content-Type": kind} if body is not None else {}
        if token:
            headers["Authorization"] = "Bearer " + self.token
        c.request(method, path, body, headers)
        r = c.getresponse()
        text = r.read()
        if r.status >= 300:
            raise SystemExit("%s %s: %d %s" % (method, path, r.status, text[:300]))
        return text if raw else json.loads(text)

    def wait(self, job):
        while True:
            j = self.call("GET", "/api/v2/jobs/" + job["id"])
            if j["status"] in ("completed", "failed"):
                return j
            time.sleep(0.2)

    def import_file(self, path, connection):
        edge = "xXxEdGe"
        head = ('--%s\r\nContent-Disposition: form-data; name="connection_id"\r\n\r\n%s\r\n--%s\r\nContent-Disposition: form-data; '
                'name="users"; filename="users.json"\r\n\r\n' % (edge, connection, edge)).encode()
        with open(path, "rb") as f:
            body = head + f.read() + ("\r\n--%s--\r\n" % edge).encode()
        return self.call("POST", "/api/v2/jobs/users-imports", body, "multipart/form-data; boundary=" + edge)


def peak_mib(pid):
    with open("/proc/%d/status" % pid) as f:
        rows = dict(line.split(":", 1) for line in f if ":" in line)
    return int(rows["VmHWM"].split()[0]) / 1024, int(rows["RssAnon"].split()[0]) / 1024


def main():
    binary, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    top = tempfile.mkdtemp(prefix="doorward-import-")
    server = subprocess.Popen([binary, "serve", "--data", top + "/data", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0",
                               "--no-supervisor"], stdout=subprocess.PIPE)
    try:
        while b"credentials:" not in server.stdout.readline():
            pass
        client = Client(top + "/data")
        connection = client.call("GET", "/api/v2/connections?strategy=auth0")[0]["id"]
        for name, first in (("empty", 0), ("full", count)):
            write_users(top + "/users.json", first, count)
            began = time.monotonic()
            job = client.wait(client.import_file(top + "/users.json", connection))
            took = time.monotonic() - began
            assert job.get("summary", {}).get("inserted") == count, job
            print("import, %s tenant: %d users, %.1f s, %.0f a second, peak %.0f MiB (anonymous now %.0f)" % (
                name, count, took, count / took, *peak_mib(server.pid)), flush=True)
        began = time.monotonic()
        job = client.wait(client.call("POST", "/api/v2/jobs/users-exports", json.dumps({"format": "json"})))
        took = time.monotonic() - began
        link = urllib.parse.urlparse(job["location"])
        lines = gzip.decompress(client.call("GET", link.path + "?" + link.query, token=False, raw=True)).count(b"\n")
        assert lines >= 2 * count, lines
        print("export: %d users, %.1f s, %.0f a second" % (lines, took, lines / took))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(top, ignore_errors=True)


main()
