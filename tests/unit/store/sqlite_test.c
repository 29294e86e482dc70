/* The driver conformance suite on SQLite, and what SQLite adds to it. */
#include "driver_suite.h"
#include "scratch.h"

#include <unistd.h>

static char path[64];

static void make(void)
{
    snprintf(path, sizeof path, "/tmp/doorward-sqlite-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct sql *db;
    assert_ok(sql_connect(path, SQL_BUILDER, true, &db));
    sql_disconnect(db);
    close(fd);
}

static void drop(void)
{
    assert_ok(file_remove_durable(path));
}

static struct result connect_to(enum sql_role role, struct sql **out)
{
    return sql_connect(path, role, false, out);
}

int main(void)
{
    static const struct driver_bed sqlite_bed = {
        .make = make,
        .drop = drop,
        .connect = connect_to,
        .slow_query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000000)"
                      " SELECT count(*) FROM n",
    };
    return driver_suite_run(&sqlite_bed);
}
