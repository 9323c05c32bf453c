/* SPDX-License-Identifier: MIT
 *
 * Packed text: what is written comes back; a file that ends anywhere gives
 * what was flushed before; damage is told with its place, and never crashes.
 */
#include <check.h>
#include <packed/packed.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LINES 200u
#define MAX (1u << 20)

static char why[200];

static bool unpack(const void *bytes, size_t size, size_t max,
                   struct packed_text *t)
{
    FILE *f = fmemopen((void *)bytes, size, "rb");
    bool good;

    ck_assert(f != NULL);
    *why = 0;
    good = packed_read(f, max, t, why, sizeof(why));
    fclose(f);
    return good;
}

struct packed {
    char *bytes;
    size_t size;
    char text[LINES * 40];
    size_t length;
    size_t size_at[LINES], length_at[LINES]; /* after each flush */
};

static void make(struct packed *p)
{
    FILE *to = open_memstream(&p->bytes, &p->size), *f = packed_into(to);

    p->length = 0;
    ck_assert(to && f);
    for (unsigned int i = 0; i < LINES; i++) {
        p->length += (size_t)sprintf(p->text + p->length,
                                     "  d1.0: load 0x%x -> value %u\n",
                                     i * 4096u, i * i * 7919u);
        fputs(p->text + (i ? p->length_at[i - 1] : 0), f);
        ck_assert(fflush(f) == 0);
        p->length_at[i] = p->length;
        p->size_at[i] = p->size;
    }
    ck_assert(fclose(f) == 0 && fclose(to) == 0);
}

START_TEST(comes_back)
{
    struct packed p;
    struct packed_text t;

    make(&p);
    ck_assert(packed_is(p.bytes, p.size));
    ck_assert_msg(unpack(p.bytes, p.size, MAX, &t), "%s", why);
    ck_assert(t.length == p.length && memcmp(t.text, p.text, p.length) == 0);
    ck_assert(!t.cut && t.read == p.size);
    free(t.text);
    /* Exactly the limit, and one byte less. */
    ck_assert(unpack(p.bytes, p.size, p.length, &t));
    free(t.text);
    ck_assert(!unpack(p.bytes, p.size, p.length - 1, &t));
    ck_assert_ptr_nonnull(strstr(why, "split the trace"));
    /* Plain text is read as it is. */
    ck_assert(!packed_is(p.text, p.length));
    ck_assert(unpack(p.text, p.length, MAX, &t) && t.length == p.length);
    ck_assert(memcmp(t.text, p.text, p.length) == 0 && !t.cut);
    free(t.text);
    ck_assert(!unpack(p.text, p.length, p.length - 1, &t));
    free(p.bytes);
}
END_TEST

START_TEST(cut_anywhere)
{
    struct packed p;
    struct packed_text t;
    unsigned int flushed = 0;

    make(&p);
    for (size_t size = 4; size < p.size; size++) {
        ck_assert_msg(unpack(p.bytes, size, MAX, &t), "%zu: %s", size, why);
        ck_assert(t.cut && t.read == size && t.length <= p.length);
        ck_assert(memcmp(t.text, p.text, t.length) == 0);
        while (flushed < LINES && p.size_at[flushed] <= size)
            flushed++;
        ck_assert_msg(flushed == 0 || t.length >= p.length_at[flushed - 1],
                      "%zu bytes: %u lines were flushed", size, flushed);
        free(t.text);
    }
    ck_assert_uint_eq(flushed, LINES);
    free(p.bytes);
}
END_TEST

/* Whatever is damaged: the checksum tells, or the place is told. */
START_TEST(damaged_anywhere)
{
    struct packed p;
    struct packed_text t;
    unsigned int refused = 0;

    make(&p);
    for (size_t at = 4; at < p.size; at++) {
        for (unsigned int bit = 0; bit < 8; bit++) {
            p.bytes[at] ^= (char)(1u << bit);
            if (unpack(p.bytes, p.size, MAX, &t)) {
                /* The header's field for no checksum or no end. */
                ck_assert(t.cut || t.length <= p.length);
                free(t.text);
            } else {
                /* A block that is a wrong one may well be unpacked. */
                ck_assert_msg(strncmp(why, "byte ", 5) == 0 &&
                                  strtoul(why + 5, NULL, 10) < p.size,
                              "%zu: %s", at, why);
                ck_assert_ptr_null(t.text);
                refused++;
            }
            p.bytes[at] ^= (char)(1u << bit);
        }
    }
    ck_assert_uint_gt(refused, 7 * (p.size - 4));
    /* Behind its end. */
    p.bytes = realloc(p.bytes, p.size + 5);
    memcpy(p.bytes + p.size, "junk", 5);
    ck_assert(!unpack(p.bytes, p.size + 5, MAX, &t));
    ck_assert_uint_eq(strtoul(why + 5, NULL, 10), p.size);
    free(p.bytes);
}
END_TEST

/* Little that unpacks to very much, or asks for very much. */
START_TEST(bombs)
{
    static const unsigned char window[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00,
                                            0xf8, 0x01, 0x00, 0x00 };
    const size_t zeros = 64u << 20;
    char *text = calloc(1, zeros), *bytes = malloc(ZSTD_compressBound(zeros));
    const size_t size =
        ZSTD_compress(bytes, ZSTD_compressBound(zeros), text, zeros, 1);
    struct packed_text t;

    ck_assert(size < 16384);
    ck_assert(!unpack(bytes, size, 4 * MAX, &t));
    ck_assert_str_eq(why, "holds more than 4 MiB of text: split the trace");
    ck_assert(!unpack(window, sizeof(window), MAX, &t));
    ck_assert_ptr_nonnull(strstr(why, "--long"));
    free(bytes);
    free(text);
}
END_TEST

/* Frames one behind the other, and those that are to be skipped. */
START_TEST(frames)
{
    static const char skippable[] = "\x5a\x2a\x4d\x18\x03\x00\x00\x00xyz";
    char bytes[200];
    struct packed_text t;
    size_t n = 0;

    memcpy(bytes, skippable, 11);
    n += 11;
    n += ZSTD_compress(bytes + n, 100, "one", 3, 1);
    n += ZSTD_compress(bytes + n, 80, "two", 3, 1);
    ck_assert(packed_is(bytes, n));
    ck_assert_msg(unpack(bytes, n, MAX, &t), "%s", why);
    ck_assert(t.length == 6 && memcmp(t.text, "onetwo", 6) == 0 && !t.cut);
    free(t.text);
}
END_TEST

START_TEST(names)
{
    ck_assert(packed_is_name("a.pvt.zst") && packed_is_name("a.zst"));
    ck_assert(!packed_is_name("a.pvt") && !packed_is_name(".zst"));
    ck_assert_ptr_null(packed_create("/nonexistent/a.zst"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("packed");
    TCase *c = tcase_create("packed");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(c, 60);
    tcase_add_test(c, comes_back);
    tcase_add_test(c, cut_anywhere);
    tcase_add_test(c, damaged_anywhere);
    tcase_add_test(c, bombs);
    tcase_add_test(c, frames);
    tcase_add_test(c, names);
    suite_add_tcase(s, c);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
