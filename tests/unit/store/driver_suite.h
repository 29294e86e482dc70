/* What every SQL driver must do, whichever database is behind sql.h: run by one
 * small test executable a driver. */
#ifndef TEST_STORE_DRIVER_SUITE_H
#define TEST_STORE_DRIVER_SUITE_H

#include "store/driver.h"

struct driver_bed {
    /* A new empty database; connect opens another connection to it. */
    void (*make)(void);
    void (*drop)(void);
    struct result (*connect)(enum sql_role role, struct sql **out);
    /* A statement that runs for seconds, answering one row. */
    const char *slow_query;
};

int driver_suite_run(const struct driver_bed *bed);

#endif
