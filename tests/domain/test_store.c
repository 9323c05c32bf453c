/* SPDX-License-Identifier: MIT
 *
 * Xenstore: nodes, rights, watches, transactions.
 */
#include "client.h"

#include <stdlib.h>

START_TEST(requests)
{
    static const struct {
        const char *sentence;
        uint32_t type;
        const char *body;
        uint32_t n;
        const char *says;
    } rows[] = {
#define ROW(sentence, type, body, says)                                        \
    { sentence, type, body, sizeof(body), says }
        ROW("relative", XS_READ, "name", "test"),
        ROW("absolute", XS_READ, "/local/domain/1/name", "test"),
        ROW("its number", XS_READ, "domid", "1"),
        ROW("the port of the store", XS_READ, "store/port", "1"),
        ROW("what it may not see", XS_READ, "/local/domain", "EACCES"),
        ROW("of another domain", XS_READ, "/local/domain/0/name", "EACCES"),
        ROW("not there", XS_READ, "nothing", "ENOENT"),
        ROW("no path", XS_READ, "a//b", "EINVAL"),
        ROW("no path", XS_READ, "a/", "EINVAL"),
        ROW("no path", XS_READ, "a b", "EINVAL"),
        { "no NUL", XS_READ, "name", 4, "EINVAL" },
        { "nothing at all", XS_READ, "", 0, "EINVAL" },
        ROW("its home", XS_GET_DOMAIN_PATH, "1", "/local/domain/1"),
        ROW("of dom0", XS_GET_DOMAIN_PATH, "0", "/local/domain/0"),
        ROW("no number", XS_GET_DOMAIN_PATH, "x", "EINVAL"),
        ROW("it is there", XS_IS_DOMAIN_INTRODUCED, "1", "T"),
        ROW("it is not", XS_IS_DOMAIN_INTRODUCED, "5", "F"),
        ROW("rights of what is dom0's", XS_GET_PERMS, "name", "n0"),
        ROW("rights of its own", XS_GET_PERMS, "data", "n1"),
        { "writing its own", XS_WRITE, "data/x\0hello", 12, "OK" },
        ROW("and reading it", XS_READ, "data/x", "hello"),
        { "writing what is dom0's", XS_WRITE, "name\0me", 7, "EACCES" },
        { "beside it", XS_WRITE, "new\0me", 6, "EACCES" },
        { "with parents", XS_WRITE, "data/a/b/c\0deep", 15, "OK" },
        ROW("which are empty", XS_READ, "data/a", ""),
        ROW("a directory", XS_DIRECTORY, "data", "x"),
        ROW("made", XS_MKDIR, "data/dir", "OK"),
        ROW("made again", XS_MKDIR, "data/dir", "OK"),
        ROW("of what is not its own", XS_MKDIR, "name", "EACCES"),
        ROW("removed", XS_RM, "data/a", "OK"),
        ROW("with all below", XS_READ, "data/a/b/c", "ENOENT"),
        ROW("removed again", XS_RM, "data/a", "OK"),
        ROW("where nothing is", XS_RM, "data/q/r", "ENOENT"),
        ROW("not its own", XS_RM, "name", "EACCES"),
        ROW("the root", XS_RM, "/", "EINVAL"),
        ROW("for dom0", XS_INTRODUCE, "1", "EACCES"),
        ROW("no such request", 99, "", "ENOSYS"),
        ROW("it is no transaction", XS_TRANSACTION_END, "T", "ENOENT"),
#undef ROW
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *said = answer(rows[i].type, 0, rows[i].body, rows[i].n);

        ck_assert_msg(strcmp(said, rows[i].says) == 0, "%s: %s, not %s",
                      rows[i].sentence, said, rows[i].says);
    }
}
END_TEST

static void expect_event(const char *path, const char *token)
{
    struct message m;

    ck_assert(hear_event(&m));
    ck_assert_uint_eq(m.header.type, XS_WATCH_EVENT);
    ck_assert_str_eq(m.body, path);
    ck_assert_str_eq(m.body + strlen(m.body) + 1, token);
}

static void expect_no_event(void)
{
    struct message m;

    ck_assert(!hear_event(&m));
}

START_TEST(watches)
{
    ck_assert_str_eq(ANSWER(XS_WATCH, 0, "data\0tok"), "OK");
    expect_event("data", "tok"); /* at once, as it was named */
    ck_assert_str_eq(ANSWER(XS_WATCH, 0, "/local/domain/1/data/x\0deep"), "OK");
    expect_event("/local/domain/1/data/x", "deep");
    ck_assert_str_eq(ANSWER(XS_WATCH, 0, "data\0tok"), "EEXIST");
    ck_assert_str_eq(ANSWER(XS_WATCH, 0, "@releaseDomain\0rel"), "OK");
    expect_event("@releaseDomain", "rel");
    expect_no_event();
    ck_assert_str_eq(ANSWER(XS_WRITE, 0, "data/x\0v"), "OK");
    expect_event("data/x", "tok");
    expect_event("/local/domain/1/data/x", "deep");
    ck_assert_str_eq(ANSWER(XS_WRITE, 0, "data/y\0v"), "OK");
    expect_event("data/y", "tok");
    ck_assert_str_eq(ANSWER(XS_RM, 0, "data"), "OK");
    expect_event("data", "tok");
    expect_event("/local/domain/1/data/x", "deep"); /* it is gone, too */
    expect_no_event();
    ck_assert_str_eq(ANSWER(XS_UNWATCH, 0, "data\0tok"), "OK");
    ck_assert_str_eq(ANSWER(XS_UNWATCH, 0, "data\0tok"), "ENOENT");
    /* The toolstack's hand. */
    ck_assert(
        domain_store_write(&domain, "/local/domain/1/data/x", "z", 1, true));
    expect_event("/local/domain/1/data/x", "deep");
    ck_assert_str_eq(ANSWER(XS_RESET_WATCHES, 0, ""), "OK");
    ck_assert_str_eq(ANSWER(XS_WRITE, 0, "data/x\0v"), "OK");
    expect_no_event();
}
END_TEST

static uint32_t begin(void)
{
    return (uint32_t)atoi(ANSWER(XS_TRANSACTION_START, 0, ""));
}

START_TEST(transactions)
{
    const uint32_t a = begin(), b = begin();
    size_t n;

    ck_assert_uint_ne(a, b);
    ck_assert_str_eq(ANSWER(XS_WATCH, 0, "data\0tok"), "OK");
    expect_event("data", "tok");
    ck_assert_str_eq(ANSWER(XS_TRANSACTION_START, a, ""), "EBUSY");
    ck_assert_str_eq(ANSWER(XS_WRITE, a, "data/x\0one"), "OK");
    ck_assert_str_eq(ANSWER(XS_READ, a, "data/x"), "one");
    ck_assert_str_eq(ANSWER(XS_READ, 0, "data/x"), "ENOENT");
    ck_assert_str_eq(ANSWER(XS_READ, b, "data/x"), "ENOENT");
    ck_assert_str_eq(ANSWER(XS_WRITE, b, "data/x\0two"), "OK");
    expect_no_event();
    ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, a, "T"), "OK");
    expect_event("data/x", "tok");
    expect_no_event();
    ck_assert_str_eq(ANSWER(XS_READ, 0, "data/x"), "one");
    ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, b, "T"), "EAGAIN");
    ck_assert_str_eq(ANSWER(XS_READ, b, "data/x"), "ENOENT"); /* no such one */
    ck_assert_str_eq(ANSWER(XS_RM, begin(), "data/x"), "OK");
    ck_assert_str_eq(ANSWER(XS_READ, 0, "data/x"), "one");
    ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, 3, "F"), "OK");
    ck_assert_ptr_nonnull(
        domain_store_read(&domain, "/local/domain/1/data/x", &n));
    ck_assert_str_eq(ANSWER(XS_RM, begin(), "data/x"), "OK");
    ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, 4, "x"), "EINVAL");
    ck_assert_str_eq(ANSWER(XS_TRANSACTION_END, 4, "T"), "OK");
    expect_event("data/x", "tok");
    ck_assert_str_eq(ANSWER(XS_READ, 0, "data/x"), "ENOENT");
    for (uint32_t i = 0; i < DOMAIN_STORE_TRANSACTIONS; i++)
        ck_assert_uint_ne(begin(), 0);
    ck_assert_str_eq(ANSWER(XS_TRANSACTION_START, 0, ""), "ENOSPC");
}
END_TEST

/* Buffers that are full are an answer, and never the end. */
START_TEST(limits)
{
    char body[4096] = "data/big";
    char name[32];
    unsigned int nodes = 0, watched = 0;

    ck_assert_str_eq(answer(XS_WRITE, 0, body, 4096), "ENOSPC");
    ck_assert_str_eq(answer(XS_WRITE, 0, body, 9 + 2048), "OK");
    for (;; nodes++) {
        const int n = snprintf(name, sizeof(name), "data/n%u", nodes);

        memset(body, 'v', sizeof(body));
        memcpy(body, name, (size_t)n + 1);
        if (strcmp(answer(XS_WRITE, 0, body, 1000), "OK") != 0)
            break;
    }
    ck_assert_uint_gt(nodes, 20);
    ck_assert_str_eq(ANSWER(XS_RM, 0, "data"), "OK");
    for (;; watched++) {
        const int n = snprintf(name, sizeof(name), "data%ct%u", 0, watched);

        if (strcmp(answer(XS_WATCH, 0, name, (uint32_t)n + 1), "OK") != 0)
            break;
        expect_event("data", name + 5);
    }
    ck_assert_uint_eq(watched, DOMAIN_STORE_WATCHES);
    /* All of them hear of it. */
    ck_assert(domain_store_write(&domain, "/local/domain/1/data", "", 0, true));
    for (unsigned int i = 0; i < watched; i++) {
        (void)snprintf(name, sizeof(name), "t%u", i);
        expect_event("data", name);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { requests, watches, transactions, limits,
                                   NULL };

    return run_tests("store", tests);
}
