#include "domain/connection/strategy.h"

/* email_otp and phone_otp: recorded 2026-01; a newer recording leaves out what is off. */
#define AUTH0_AGAIN                                                                                                      \
    "\"authentication_methods\":{\"password\":{\"enabled\":true,\"api_behavior\":\"required\",\"signup_behavior\":\"allow\"}," \
    "\"passkey\":{\"enabled\":false},\"email_otp\":{\"enabled\":false},\"phone_otp\":{\"enabled\":false}},"                   \
    "\"passkey_options\":{\"challenge_ui\":\"both\",\"progressive_enrollment_enabled\":true,\"local_enrollment_enabled\":true}," \
    "\"brute_force_protection\":true"

/* passwordPolicy is not here: it depends on password_options (connection/options.c). */
#define AUTH0_NEW "{\"mfa\":{\"active\":true,\"return_enroll_settings\":true},\"strategy_version\":2," AUTH0_AGAIN "}"

#define OIDC_OPTIONS(type, mapping)                                                                                      \
    "{\"schema_version\":\"oidc-V4\",\"type\":\"" type "\",\"attribute_map\":{\"mapping_mode\":\"" mapping "\"},"        \
    "\"connection_settings\":{\"pkce\":\"auto\"}}"

#define WAAD_OPTIONS                                                                                                     \
    "{\"identity_api\":\"microsoft-identity-platform-v2.0\",\"useCommonEndpoint\":false,\"waad_common_endpoint\":false," \
    "\"should_trust_email_verified_connection\":\"never_set_emails_as_verified\",\"use_wsfed\":false,"                  \
    "\"waad_protocol\":\"openid-connect\"}"

#define GOOGLE_APPS_OPTIONS "\"map_user_id_to_id\":false,\"email\":true,\"profile\":true,\"handle_login_from_social\":true"

#define DATABASE(n, d, f, o, a) { STR_INIT(n), STR_INIT(d), STRATEGY_DATABASE, (f), STR_INIT(o), STR_INIT(a) }
#define ENTERPRISE(n, d, f, o, a) { STR_INIT(n), STR_INIT(d), STRATEGY_ENTERPRISE, (f), STR_INIT(o), STR_INIT(a) }
#define PASSWORDLESS(n, d, o) { STR_INIT(n), STR_INIT(d), STRATEGY_PASSWORDLESS, 0, STR_INIT(o), STR_INIT("") }
#define SOCIAL(n, d) { STR_INIT(n), STR_INIT(d), STRATEGY_SOCIAL, 0, STR_INIT(""), STR_INIT("") }
#define SOCIAL_WITH(n, d, f, o) { STR_INIT(n), STR_INIT(d), STRATEGY_SOCIAL, (f), STR_INIT(o), STR_INIT(o) }

static const struct strategy strategies[] = {
    DATABASE("auth0", "Database", 0, AUTH0_NEW, "{" AUTH0_AGAIN "}"),
    PASSWORDLESS("email", "Email", "{\"brute_force_protection\":true}"),
    PASSWORDLESS("sms", "SMS", "{\"brute_force_protection\":true}"),

    ENTERPRISE("ad", "Active Directory / LDAP", STRATEGY_TICKET | STRATEGY_CONNECTOR | STRATEGY_DIRECTORY | STRATEGY_ID_IN_ID,
               "{\"ips\":null,\"brute_force_protection\":true}", "{\"ips\":null}"),
    ENTERPRISE("auth0-adldap", "Active Directory / LDAP",
               STRATEGY_TICKET | STRATEGY_CONNECTOR | STRATEGY_DIRECTORY | STRATEGY_ID_IN_ID,
               "{\"ips\":null,\"brute_force_protection\":true}", "{\"ips\":null}"),
    ENTERPRISE("adfs", "ADFS", STRATEGY_TICKET | STRATEGY_ID_IN_ID,
               "{\"thumbprints\":[],\"should_trust_email_verified_connection\":\"always_set_emails_as_verified\"}",
               "{\"thumbprints\":[]}"),
    ENTERPRISE("auth0-oidc", "Auth0 OpenID Connect", STRATEGY_ID_IN_ID, "", ""),
    ENTERPRISE("google-apps", "Google Workspace", STRATEGY_TICKET | STRATEGY_DIRECTORY, "{" GOOGLE_APPS_OPTIONS "}",
               "{" GOOGLE_APPS_OPTIONS ",\"api_enable_users\":true}"),
    ENTERPRISE("ip", "IP Address", 0, "", ""),
    ENTERPRISE("office365", "Microsoft Office 365", STRATEGY_TICKET | STRATEGY_DIRECTORY | STRATEGY_ID_IN_ID, "", ""),
    ENTERPRISE("oidc", "OpenID Connect", STRATEGY_KEYS | STRATEGY_ID_IN_ID | STRATEGY_OIDC,
               OIDC_OPTIONS("front_channel", "bind_all"), OIDC_OPTIONS("front_channel", "bind_all")),
    ENTERPRISE("okta", "Okta Workforce", STRATEGY_KEYS | STRATEGY_ID_IN_ID | STRATEGY_OIDC,
               OIDC_OPTIONS("back_channel", "basic_profile"), OIDC_OPTIONS("back_channel", "basic_profile")),
    ENTERPRISE("pingfederate", "PingFederate", STRATEGY_TICKET | STRATEGY_ID_IN_ID | STRATEGY_CERT, "", ""),
    ENTERPRISE("samlp", "SAML", STRATEGY_TICKET | STRATEGY_ID_IN_ID | STRATEGY_CERT, "", ""),
    ENTERPRISE("sharepoint", "SharePoint", 0, "", ""),
    ENTERPRISE("waad", "Microsoft Azure AD", STRATEGY_TICKET | STRATEGY_DIRECTORY | STRATEGY_ID_IN_ID | STRATEGY_OIDC,
               WAAD_OPTIONS, WAAD_OPTIONS),

    SOCIAL("amazon", "Amazon"),
    SOCIAL("apple", "Apple"),
    SOCIAL("asana", "Asana"),
    SOCIAL("atlassian", "Atlassian"),
    SOCIAL("baidu", "Baidu"),
    SOCIAL_WITH("bitbucket", "Bitbucket", 0, "{\"profile\":true}"),
    SOCIAL("bitly", "Bitly"),
    SOCIAL("box", "Box"),
    SOCIAL("cloudflare-mcp", "Cloudflare MCP"),
    SOCIAL_WITH("custom", "Custom", STRATEGY_ID_IN_ID, ""),
    SOCIAL("daccount", "dAccount"),
    SOCIAL("dropbox", "Dropbox"),
    SOCIAL("dwolla", "Dwolla"),
    SOCIAL("evernote", "Evernote"),
    SOCIAL("evernote-sandbox", "Evernote Sandbox"),
    SOCIAL("exact", "Exact"),
    SOCIAL("facebook", "Facebook"),
    SOCIAL("fitbit", "Fitbit"),
    SOCIAL("github", "GitHub"),
    SOCIAL("gitlab", "GitLab"),
    SOCIAL_WITH("google-oauth2", "Google", 0, "{\"email\":true,\"profile\":true}"),
    SOCIAL("hubspot-mcp", "HubSpot MCP"),
    SOCIAL("instagram", "Instagram"),
    SOCIAL_WITH("line", "LINE", 0, "{\"profile\":true}"),
    SOCIAL("linear-mcp", "Linear MCP"),
    SOCIAL_WITH("linkedin", "LinkedIn", 0, "{\"profile\":true}"),
    SOCIAL("notion-mcp", "Notion MCP"),
    SOCIAL_WITH("oauth1", "OAuth 1.0a", STRATEGY_ID_IN_ID, ""),
    SOCIAL_WITH("oauth2", "OAuth 2.0", STRATEGY_ID_IN_ID, ""),
    SOCIAL("paypal", "PayPal"),
    SOCIAL("paypal-sandbox", "PayPal Sandbox"),
    SOCIAL("planningcenter", "Planning Center"),
    SOCIAL("salesforce", "Salesforce"),
    SOCIAL("salesforce-community", "Salesforce Community"),
    SOCIAL("salesforce-sandbox", "Salesforce Sandbox"),
    SOCIAL("sentry-mcp", "Sentry MCP"),
    SOCIAL("shop", "Shop"),
    SOCIAL("shopify", "Shopify"),
    SOCIAL("slack", "Slack"),
    SOCIAL("soundcloud", "SoundCloud"),
    SOCIAL("thirtysevensignals", "37signals"),
    SOCIAL("twitter", "Twitter"),
    SOCIAL("untappd", "Untappd"),
    SOCIAL("vkontakte", "VKontakte"),
    SOCIAL("weibo", "Weibo"),
    SOCIAL_WITH("windowslive", "Microsoft Account", 0, "{\"signin\":true}"),
    SOCIAL_WITH("wordpress", "WordPress", 0, "{\"profile\":true}"),
    SOCIAL("yahoo", "Yahoo"),
    SOCIAL("yandex", "Yandex"),
};
enum { STRATEGY_COUNT = sizeof strategies / sizeof *strategies };

static const str kind_names[STRATEGY_KIND_MAX] = {
    [STRATEGY_DATABASE] = STR_INIT("database"),
    [STRATEGY_SOCIAL] = STR_INIT("social"),
    [STRATEGY_ENTERPRISE] = STR_INIT("enterprise"),
    [STRATEGY_PASSWORDLESS] = STR_INIT("passwordless"),
};

const struct strategy *strategy_find(str name)
{
    for (size_t i = 0; i < STRATEGY_COUNT; i++)
        if (str_eq_nocase(strategies[i].name, name))
            return &strategies[i];
    return NULL;
}

const struct strategy *strategy_list(size_t *out_count)
{
    *out_count = STRATEGY_COUNT;
    return strategies;
}

str strategy_kind_name(enum strategy_kind k)
{
    return kind_names[k];
}
