#include "domain/connection/provider_scope.h"

struct permission {
    str option, scope;
    int64_t version; /* options.strategy_version that it belongs to; 0: all */
};
#define P(option, scope) { STR_INIT(option), STR_INIT(scope), 0 }
#define PV(version, option, scope) { STR_INIT(option), STR_INIT(scope), (version) }
#define GOOGLE(option, name) P(option, "https://www.googleapis.com/auth/" name)

static const struct permission google[] = {
    P("email", "email"),
    P("profile", "profile"),
    GOOGLE("adsense_management", "adsense"),
    GOOGLE("analytics", "analytics"),
    GOOGLE("blogger", "blogger"),
    GOOGLE("calendar", "calendar"),
    GOOGLE("calendar_addons_execute", "calendar.addons.execute"),
    GOOGLE("calendar_events", "calendar.events"),
    GOOGLE("calendar_events_readonly", "calendar.events.readonly"),
    GOOGLE("calendar_settings_readonly", "calendar.settings.readonly"),
    GOOGLE("chrome_web_store", "chromewebstore"),
    P("contacts", "https://www.google.com/m8/feeds/"),
    GOOGLE("contacts_new", "contacts"),
    GOOGLE("contacts_other_readonly", "contacts.other.readonly"),
    GOOGLE("contacts_readonly", "contacts.readonly"),
    GOOGLE("content_api_for_shopping", "content"),
    GOOGLE("coordinate", "coordinate"),
    GOOGLE("coordinate_readonly", "coordinate.readonly"),
    GOOGLE("directory_readonly", "directory.readonly"),
    GOOGLE("drive", "drive"),
    GOOGLE("drive_activity", "drive.activity"),
    GOOGLE("drive_activity_readonly", "drive.activity.readonly"),
    GOOGLE("drive_appdata", "drive.appdata"),
    GOOGLE("drive_apps_readonly", "drive.apps.readonly"),
    GOOGLE("drive_file", "drive.file"),
    GOOGLE("drive_metadata", "drive.metadata"),
    GOOGLE("drive_metadata_readonly", "drive.metadata.readonly"),
    GOOGLE("drive_photos_readonly", "drive.photos.readonly"),
    GOOGLE("drive_readonly", "drive.readonly"),
    GOOGLE("drive_scripts", "drive.scripts"),
    P("gmail", "https://mail.google.com/"),
    GOOGLE("gmail_compose", "gmail.compose"),
    GOOGLE("gmail_insert", "gmail.insert"),
    GOOGLE("gmail_labels", "gmail.labels"),
    GOOGLE("gmail_metadata", "gmail.metadata"),
    GOOGLE("gmail_modify", "gmail.modify"),
    GOOGLE("gmail_readonly", "gmail.readonly"),
    GOOGLE("gmail_send", "gmail.send"),
    GOOGLE("gmail_settings_basic", "gmail.settings.basic"),
    GOOGLE("gmail_settings_sharing", "gmail.settings.sharing"),
    GOOGLE("google_books", "books"),
    GOOGLE("tasks", "tasks"),
    GOOGLE("tasks_readonly", "tasks.readonly"),
    GOOGLE("url_shortener", "urlshortener"),
    GOOGLE("webmaster_tools", "webmasters"),
    GOOGLE("youtube", "youtube"),
    GOOGLE("youtube_channelmemberships_creator", "youtube.channel-memberships.creator"),
    GOOGLE("youtube_readonly", "youtube.readonly"),
    GOOGLE("youtube_upload", "youtube.upload"),
    GOOGLE("youtubepartner", "youtubepartner"),
};
static const struct permission google_apps[] = { P("email", "email"), P("profile", "profile") };
static const struct permission line[] = { P("", "openid"), P("email", "email"), P("profile", "profile") };
static const struct permission linkedin[] = {
    PV(1, "profile", "r_basicprofile"), PV(2, "profile", "r_liteprofile"), PV(3, "profile", "profile"),
    PV(1, "email", "r_emailaddress"),   PV(2, "email", "r_emailaddress"),  PV(3, "email", "email"),
    PV(3, "openid", "openid"),          PV(1, "full_profile", "r_fullprofile"), PV(1, "network", "r_network"),
    PV(1, "basic_profile", "r_basicprofile"), PV(2, "basic_profile", "r_basicprofile"),
};
static const struct permission windowslive[] = {
    PV(1, "signin", "wl.signin"),
    PV(1, "basic", "wl.basic"),
    PV(1, "emails", "wl.emails"),
    PV(1, "offline_access", "wl.offline_access"),
    PV(1, "postal_addresses", "wl.postal_addresses"),
    PV(1, "phone_numbers", "wl.phone_numbers"),
    PV(1, "birthday", "wl.birthday"),
    PV(1, "calendars", "wl.calendars"),
    PV(1, "photos", "wl.photos"),
    PV(1, "share", "wl.share"),
    PV(1, "skydrive", "wl.skydrive"),
    PV(2, "graph_user", "https://graph.microsoft.com/user.read"),
    PV(2, "graph_user_update", "https://graph.microsoft.com/user.readwrite"),
    PV(2, "graph_contacts", "https://graph.microsoft.com/contacts.read"),
    PV(2, "graph_contacts_update", "https://graph.microsoft.com/contacts.readwrite"),
    PV(2, "graph_calendars", "https://graph.microsoft.com/calendars.read"),
    PV(2, "graph_calendars_update", "https://graph.microsoft.com/calendars.readwrite"),
    PV(2, "graph_files", "https://graph.microsoft.com/files.read"),
    PV(2, "graph_files_update", "https://graph.microsoft.com/files.readwrite"),
    PV(2, "graph_device", "https://graph.microsoft.com/device.read"),
    PV(2, "graph_tasks", "https://graph.microsoft.com/tasks.read"),
    PV(2, "graph_notes", "https://graph.microsoft.com/notes.read"),
};
static const struct permission wordpress[] = { P("profile", "profile") };
static const struct permission github[] = {
    P("email", "user:email"),
    P("read_user", "read:user"),
    P("follow", "user:follow"),
    P("public_repo", "public_repo"),
    P("repo", "repo"),
    P("repo_deployment", "repo_deployment"),
    P("repo_status", "repo:status"),
    P("delete_repo", "delete_repo"),
    P("notifications", "notifications"),
    P("gist", "gist"),
    P("read_repo_hook", "read:repo_hook"),
    P("write_repo_hook", "write:repo_hook"),
    P("admin_repo_hook", "admin:repo_hook"),
    P("read_org", "read:org"),
    P("write_org", "write:org"),
    P("admin_org", "admin:org"),
    P("read_public_key", "read:public_key"),
    P("write_public_key", "write:public_key"),
    P("admin_public_key", "admin:public_key"),
};
static const struct permission salesforce[] = { P("profile", "id") };
static const struct permission facebook[] = {
    P("public_profile", "public_profile"),
    P("email", "email"),
    P("user_birthday", "user_birthday"),
    P("user_friends", "user_friends"),
    P("user_gender", "user_gender"),
    P("user_hometown", "user_hometown"),
    P("user_likes", "user_likes"),
    P("user_link", "user_link"),
    P("user_location", "user_location"),
    P("user_photos", "user_photos"),
    P("user_posts", "user_posts"),
    P("user_videos", "user_videos"),
    P("pages_show_list", "pages_show_list"),
    P("pages_messaging", "pages_messaging"),
    P("manage_pages", "manage_pages"),
    P("publish_pages", "publish_pages"),
    P("read_insights", "read_insights"),
    P("ads_read", "ads_read"),
    P("ads_management", "ads_management"),
    P("business_management", "business_management"),
    P("groups_access_member_info", "groups_access_member_info"),
    P("leads_retrieval", "leads_retrieval"),
};

struct provider {
    str strategy;
    const struct permission *permissions;
    size_t count;
    bool as_text;          /* one comma-separated text instead of a list */
    int64_t version;       /* when options.strategy_version is absent */
};
#define PROVIDER(name, table, ...) { STR_INIT(name), (table), sizeof(table) / sizeof *(table), __VA_ARGS__ }

static const struct provider providers[] = {
    PROVIDER("google-oauth2", google, false, 1), PROVIDER("google-apps", google_apps, false, 1),
    PROVIDER("line", line, false, 1),            PROVIDER("linkedin", linkedin, false, 1),
    PROVIDER("windowslive", windowslive, false, 1), PROVIDER("wordpress", wordpress, false, 1),
    PROVIDER("github", github, false, 1),        PROVIDER("salesforce", salesforce, false, 1),
    PROVIDER("facebook", facebook, true, 1),
};

static const struct provider *provider_find(str strategy)
{
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (str_eq(providers[i].strategy, strategy))
            return &providers[i];
    return NULL;
}

static void add(struct arena *a, struct json *scopes, str scope)
{
    if (!json_array_has(scopes, scope))
        json_push_text(a, scopes, scope);
}

/* An empty option name stands for what is always asked. */
static bool is_on(const struct permission *p, const struct json *options, int64_t version)
{
    if (p->version && p->version != version)
        return false;
    return p->option.len == 0 || json_get_true(options, p->option);
}

static void add_freeform(struct arena *a, struct json *scopes, const struct json *freeform)
{
    const struct json *item;
    JSON_EACH_ITEM(freeform, i, item)
        add(a, scopes, json_text(item));
}

static struct json *as_text(struct arena *a, const struct json *scopes)
{
    str text = STR("");
    for (size_t i = 0; i < json_count(scopes); i++)
        text = str_fmt(a, "%.*s%s%.*s", STR_ARG(text), i ? "," : "", STR_ARG(json_text(json_item(scopes, i))));
    return json_string(a, text);
}

void provider_scope_fill(struct arena *a, const struct strategy *s, struct json *options)
{
    const struct provider *p = provider_find(s->name);
    if (!p)
        return;
    int64_t version = json_get_int(options, STR("strategy_version"), p->version);
    struct json *scopes = json_array(a);
    for (size_t i = 0; i < p->count; i++)
        if (is_on(&p->permissions[i], options, version) ||
            json_array_has(json_get(options, STR("scope")), p->permissions[i].scope))
            add(a, scopes, p->permissions[i].scope);
    add_freeform(a, scopes, json_get(options, STR("freeform_scopes")));
    json_set(a, options, STR("scope"), p->as_text ? as_text(a, scopes) : scopes);
}
