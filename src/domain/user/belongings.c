#include "domain/user/belongings.h"

#include "domain/authentication_method.h"
#include "domain/device_credential.h"
#include "domain/refresh_token.h"
#include "domain/session.h"
#include "domain/tokenset.h"
#include "domain/user/block.h"
#include "domain/user/grant.h"

/* Tickets and known devices are rows of `tokens`. */
static struct result drop_rows(struct tx *tx, int64_t user)
{
    TRY(sql_run(tx->sql, "DELETE FROM tokens WHERE user = ?", SQL_ARGS(sql_int(user)), NULL));
    return sql_run(tx->sql, "DELETE FROM user_secrets WHERE user = ? AND kind = 'recovery_code'", SQL_ARGS(sql_int(user)), NULL);
}

struct result user_belongings_drop(struct tx *tx, const struct user *u)
{
    TRY(session_end_user(tx, u->row));
    TRY(refresh_token_revoke_user(tx, u->row));
    TRY(user_grant_drop_user(tx, u->uid));
    TRY(authentication_method_drop_user(tx, u->uid));
    TRY(user_block_clear_user(tx, u));
    TRY(tokenset_drop_user(tx, u->uid));
    TRY(device_credential_drop_user(tx, u->uid));
    return drop_rows(tx, u->row);
}

/* Whole tables at once, as the users themselves go. */
#define KINDS "('grant', 'authentication_method', 'tokenset', 'connected_account', 'device_credential')"
struct result user_belongings_drop_every(struct tx *tx)
{
    static const char *const statements[] = {
        "DELETE FROM sessions",
        "DELETE FROM refresh_tokens",
        "DELETE FROM login_failures",
        "DELETE FROM tokens WHERE user IS NOT NULL",
        "DELETE FROM document_secrets WHERE seq IN (SELECT seq FROM documents WHERE kind IN " KINDS ")",
        "DELETE FROM document_filter WHERE kind IN " KINDS,
        "DELETE FROM documents WHERE kind IN " KINDS,
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        TRY(sql_run(tx->sql, statements[i], SQL_NO_ARGS, NULL));
    return OK;
}

struct result user_belongings_drop_client(struct tx *tx, str client_id)
{
    TRY(refresh_token_revoke_client(tx, client_id));
    TRY(user_grant_drop_client(tx, client_id));
    TRY(device_credential_drop_client(tx, client_id));
    return sql_run(tx->sql, "DELETE FROM tokens WHERE client_id = ?", SQL_ARGS(sql_text(client_id)), NULL);
}
