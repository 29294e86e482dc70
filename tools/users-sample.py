#!/usr/bin/env python3
"""Whole users (docs/users-files.md) with every kind of password hash, for tests: always the same for the same arguments.

  users-sample.py COUNT REAL > FILE

REAL of them, spread over the file, have a hash of a known password, made here without Doorward and told in
user_metadata.password; the others' hashes are only well-formed. The tenant that takes them needs the connections
Username-Password-Authentication, "people" (auth0, with usernames) and "google-oauth2", the roles editor, auditor and clerk,
the organizations acme and globex, and the API urn:sample with the scopes read:all and write:all.
"""
import base64, crypt, hashlib, hmac, json, math, random, struct, subprocess, sys, warnings

SIGNER = bytes(range(64))
SEPARATOR = b"\x07"
# Of "Correct-Horse-9", by the reference implementation; hashlib has no Argon2.
ARGON2 = ["$argon2i$v=19$m=4096,t=2,p=1$clFTMHFwM2UxTFZsVXhTdA$RYnL5rVdpE5deSqiHzcFtpJWbuiO31i6Cyx9asjZT+8",
          "$argon2id$v=19$m=4096,t=2,p=1$dnVwNG1DMGxiME9mYllBdw$s8gMB44QXQEV9aJUXkzHRvvn3K6dhsUQoJc9afWRkL0"]
BCRYPT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def b64(data):
    return base64.b64encode(data).decode()


def bare(data):
    return b64(data).rstrip("=")


def md4(data):
    """RFC 1320; OpenSSL keeps it in a provider that Python does not load."""
    f, g, h = (lambda x, y, z: x & y | ~x & z), (lambda x, y, z: x & y | x & z | y & z), (lambda x, y, z: x ^ y ^ z)
    rounds = [(f, 0, range(16), (3, 7, 11, 19)), (g, 0x5A827999, [i % 4 * 4 + i // 4 for i in range(16)], (3, 5, 9, 13)),
              (h, 0x6ED9EBA1, [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15))]
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    data += b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack("<Q", len(data) * 8)
    for at in range(0, len(data), 64):
        x, (a, b, c, d) = struct.unpack("<16I", data[at:at + 64]), state
        for mix, constant, order, shifts in rounds:
            for i, k in enumerate(order):
                v = (a + mix(b, c, d) + x[k] + constant) & 0xFFFFFFFF
                a, b, c, d = d, (v << shifts[i % 4] | v >> 32 - shifts[i % 4]) & 0xFFFFFFFF, b, c
        state = [(s + v) & 0xFFFFFFFF for s, v in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


DIGESTS = {"md4": md4, **{n: (lambda d, n=n: hashlib.new(n, d).digest()) for n in ("md5", "sha1", "sha256", "sha512")}}


class Maker:
    """Hashes of a known password, or, without one, texts that only look like them."""

    def __init__(self, dice):
        self.dice = dice

    def bytes(self, n):
        return self.dice.randbytes(n)

    def bcrypt(self, password, prefix="$2b$", cost=10):
        if password is None:
            return "%s%02d$%s" % (prefix, cost, "".join(self.dice.choice(BCRYPT) for _ in range(20)) + "uu" + "".join(self.dice.choice(BCRYPT) for _ in range(30)) + "y")
        salt = "".join(self.dice.choice(BCRYPT) for _ in range(21)) + "u"
        return crypt.crypt(password, "%s%02d$%s" % (prefix, 4 if cost > 10 else cost, salt))

    def own(self, password):
        return {"password_hash": self.bcrypt(password)}

    def custom(self, algorithm, value, **more):
        return {"custom_password_hash": {"algorithm": algorithm, "hash": value, **more}}

    def bcrypt_custom(self, password):
        return self.custom("bcrypt", {"value": self.bcrypt(password, self.dice.choice(["$2a$", "$2b$", "$2y$"]), self.dice.choice([4, 10]))})

    def bcrypt_salted(self, password):
        return self.custom("bcrypt", {"value": self.bcrypt(None if password is None else "NaCl" + password, cost=5)}, salt={"value": "NaCl", "position": "prefix"})

    def argon2(self, password):
        if password is None:
            return self.custom("argon2", {"value": "$argon2id$v=19$m=4096,t=2,p=1$%s$%s" % (bare(self.bytes(16)), bare(self.bytes(32)))})
        return self.custom("argon2", {"value": self.dice.choice(ARGON2)})

    def pbkdf2(self, password):
        name, rounds, salt = self.dice.choice(["sha1", "sha256", "sha512"]), 1000, self.bytes(16)
        key = self.bytes(32) if password is None else hashlib.pbkdf2_hmac(name, password.encode(), salt, rounds, 32)
        return self.custom("pbkdf2", {"value": "$pbkdf2-%s$i=%d,l=32$%s$%s" % (name, rounds, bare(salt), bare(key))})

    def scrypt(self, password):
        salt = self.bytes(8)
        key = self.bytes(32) if password is None else hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1, dklen=32)
        return self.custom("scrypt", {"value": key.hex(), "encoding": "hex"}, keylen=32, cost=1024, blockSize=8, parallelization=1,
                           salt={"value": b64(salt), "encoding": "base64"})

    def firebase(self, password):
        salt, key = self.bytes(10), self.bytes(64)
        if password is not None:
            aes = hashlib.scrypt(password.encode(), salt=salt + SEPARATOR, n=1 << 10, r=8, p=1, dklen=64)[:32]
            key = subprocess.run(["openssl", "enc", "-aes-256-ctr", "-K", aes.hex(), "-iv", "0" * 32], input=SIGNER, capture_output=True, check=True).stdout
        return self.custom("firebase-scrypt", {"value": b64(key), "encoding": "base64"}, salt={"value": b64(salt), "encoding": "base64"},
                           base64_signer_key=b64(SIGNER), base64_salt_separator=b64(SEPARATOR), rounds=8, mem_cost=10)

    def ldap(self, password):
        name, digest = self.dice.choice([("SSHA", "sha1"), ("SSHA256", "sha256"), ("SMD5", "md5")])
        salt = self.bytes(8)
        data = self.bytes(32) if password is None else password.encode()
        return self.custom("ldap", {"value": "{%s}%s" % (name, b64(hashlib.new(digest, data + salt).digest() + salt))})

    def hmac(self, password):
        name, key = self.dice.choice(["md5", "sha1", "sha256", "sha512"]), self.bytes(12)
        data = hmac.new(key, self.bytes(9) if password is None else password.encode(), name).digest()
        return self.custom("hmac", {"value": data.hex(), "encoding": "hex", "digest": name, "key": {"value": key.hex(), "encoding": "hex"}})

    def digest(self, password):
        name, place = self.dice.choice(sorted(DIGESTS)), self.dice.choice([None, "prefix", "suffix"])
        salt, encoding = self.bytes(6), self.dice.choice(["utf8", "utf16le", "latin1"])
        word = self.bytes(8) if password is None else password.encode({"utf16le": "utf-16-le"}.get(encoding, encoding))
        more = {} if place is None else {"salt": {"value": salt.hex(), "encoding": "hex", "position": place}}
        if encoding != "utf8":
            more["password"] = {"encoding": encoding}
        value = DIGESTS[name]({None: word, "prefix": salt + word, "suffix": word + salt}[place])
        return self.custom(name, {"value": b64(value), "encoding": "base64"}, **more)


KINDS = ["own", "bcrypt_custom", "bcrypt_salted", "argon2", "pbkdf2", "scrypt", "firebase", "ldap", "hmac", "digest", "digest", "own"]


def profile(i, dice):
    day = "2023-%02d-%02dT%02d:%02d:%02d.%03dZ" % (1 + i % 12, 1 + i % 28, i % 24, i % 60, i % 59, i % 1000)
    user = {"created_at": day, "email": "user%d@sample.example" % i, "email_verified": i % 2 == 0, "name": "Us\u00e9r %d \U0001F600" % i, "nickname": "user%d" % i,
            "picture": "https://img.example/%d.png" % i, "updated_at": "2024-05-06T07:08:09.%03dZ" % (i % 1000), "user_id": "auth0|sample%d" % i,
            "user_metadata": {"n": i, "nested": {"list": [1, "two", None, 2.50]}}, "app_metadata": {"plan": dice.choice(["free", "gold"]), "big": 9007199254740993},
            "identities": [{"connection": "Username-Password-Authentication", "user_id": "sample%d" % i, "provider": "auth0", "isSocial": False}]}
    if i % 3 == 0:
        user.update(last_login="2024-04-05T06:07:08.009Z", last_ip="192.0.2.%d" % (i % 250), logins_count=i)
    if i % 4 == 0:
        user.update(blocked=i % 8 == 0, given_name="G%d" % i, family_name="F\"%d\\" % i, locale="de", gender="x")
    if i % 9 == 0:
        user["last_password_reset"] = "2024-01-02T03:04:05.006Z"
    if i % 10 == 0:
        user.update(multifactor=["guardian"], multifactor_last_modified="2024-02-03T04:05:06.007Z")
    return user


def turn_social(i, user):
    user["identities"] = [{"connection": "google-oauth2", "user_id": "%d" % (10 ** 17 + i), "provider": "google-oauth2", "isSocial": True}]
    user["user_id"] = "google-oauth2|%d" % (10 ** 17 + i)
    user["identity_secrets"] = [{"identity": user["user_id"], "access_token": "ya29.%d" % i, "refresh_token": "1//%d" % i}]


def link(i, user, maker):
    google, people = 2 * 10 ** 17 + i, "people%d" % i
    user["identities"] += [{"profileData": {"email": "g%d@gmail.example" % i, "email_verified": True, "name": "G %d" % i}, "connection": "google-oauth2",
                            "user_id": str(google), "provider": "google-oauth2", "isSocial": True},
                           {"profileData": {"email": "p%d@people.example" % i, "username": people}, "connection": "people", "user_id": people, "provider": "auth0",
                            "isSocial": False}]
    user["identity_secrets"] = [{"identity": "google-oauth2|%d" % google, "access_token": "ya29.l%d" % i, "access_token_secret": "s%d" % i},
                                {"identity": "auth0|" + people, **maker.own(None)}]


def hang_on(i, user, dice, maker):
    if i % 2 == 0:
        user["roles"] = dice.sample(["editor", "auditor"], 1 + i % 4 // 2)
    if i % 6 == 0:
        user["permissions"] = [{"resource_server_identifier": "urn:sample", "permission_name": "write:all"}, {"resource_server_identifier": "management", "permission_name": "read:users"}]
    if i % 5 == 0:
        user["organizations"] = [{"name": "globex"}, {"name": "acme", "roles": ["clerk", "editor"]}] if i % 10 else [{"name": "acme", "is_member": False, "roles": ["clerk"]}]
    if i % 12 == 0 and i % 19 != 18:
        user["blocks"] = [{"identifier": user["email"], "connection": "Username-Password-Authentication", "ip": "198.51.100.%d" % (i % 250), "failures": 10, "blocked": True,
                           "ends_at": "2099-01-01T00:00:00.000Z"}]
    if i % 8 == 0:
        at = "2024-03-04T05:06:07.008Z"
        user["authentication_methods"] = [
            {"id": "totp|dev_%016d" % i, "type": "totp", "name": "App", "confirmed": True, "created_at": at, "totp_secret": "JBSWY3DPEHPK3PXP"},
            {"id": "phone|dev_%016d" % i, "type": "phone", "phone_number": "+4930%07d" % i, "preferred_authentication_method": "sms",
             "authentication_methods": [{"type": "sms", "id": "sms|dev_%016d" % i}], "confirmed": True, "created_at": at},
            {"id": "recovery-code|dev_%016d" % i, "type": "recovery-code", "confirmed": True, "created_at": at}]
        user["recovery_code_hash"] = hashlib.sha256(b"code%d" % i).hexdigest()
    if i % 14 == 0:
        user["password_history"] = [{"changed_at": "2024-01-0%dT00:00:00.000Z" % (n + 1), **maker.own(None)} for n in range(2)]


def make(i, is_real, maker, dice):
    user, password = profile(i, dice), None
    if i % 19 == 18:
        turn_social(i, user)
    else:
        kind = KINDS[i % len(KINDS)]
        if is_real:
            password = "Correct-Horse-9" if kind == "argon2" else "Pa\u00dfw\u00f6rt %d" % i
            user["user_metadata"]["password"] = password
        user.update(getattr(maker, kind)(password))
        if i % 7 == 6:
            link(i, user, maker)
    hang_on(i, user, dice, maker)
    return user


def main():
    warnings.simplefilter("ignore")
    count, real = int(sys.argv[1]), int(sys.argv[2])
    dice = random.Random(7)
    maker, every = Maker(dice), max(1, count * 9 // max(1, real * 10))  # some fall on users without a password
    while math.gcd(every, len(KINDS)) > 1:  # so that each kind has some
        every -= 1
    left = real
    for i in range(count):
        user = make(i, left > 0 and i % every == 0 and i % 19 != 18, maker, dice)
        left -= "password" in user["user_metadata"]
        print(json.dumps(user, ensure_ascii=False, separators=(",", ":")))


main()
