/* SPDX-License-Identifier: MIT
 *
 * Paths: "/local/domain/1/name", or relative to a guest's own directory.
 * What is one follows xenstored's is_valid_nodename().
 */
#include "store.h"

struct text domain__text(const char *s)
{
    return (struct text){ (const uint8_t *)s, (uint32_t)__builtin_strlen(s) };
}

bool domain__same(struct text a, struct text b)
{
    return a.n == b.n && (a.n == 0 || __builtin_memcmp(a.at, b.at, a.n) == 0);
}

bool domain__is_below(struct text a, struct text b)
{
    if (a.n == 1) /* the root */
        return b.n >= 1 && b.at[0] == '/';
    return b.n >= a.n && __builtin_memcmp(a.at, b.at, a.n) == 0 &&
           (b.n == a.n || b.at[a.n] == '/');
}

struct text domain__parent(struct text path)
{
    while (path.n > 1 && path.at[--path.n] != '/')
        ;
    if (path.n == 0)
        path.n = 1;
    return path;
}

uint32_t domain__home(xm_domid domid, char out[32])
{
    static const char home[] = "/local/domain/";
    char digits[8];
    uint32_t n = sizeof(home) - 1, k = 0;

    __builtin_memcpy(out, home, n);
    do
        digits[k++] = (char)('0' + domid % 10);
    while ((domid /= 10) != 0);
    while (k != 0)
        out[n++] = digits[--k];
    out[n++] = '/';
    out[n] = '\0';
    return n;
}

static bool is_allowed(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '/' || c == '_' ||
           c == '@';
}

bool domain__make_path(struct path *out, struct text name, xm_domid domid,
                       bool special)
{
    char home[32];
    uint32_t n = 0;

    if (name.n == 0)
        return false;
    if (name.at[0] != '/' && !(special && name.at[0] == '@'))
        n = domain__home(domid, home);
    if (n + name.n > XENSTORE_ABS_PATH_MAX ||
        (n != 0 && name.n > XENSTORE_REL_PATH_MAX))
        return false;
    __builtin_memcpy(out->bytes, home, n);
    __builtin_memcpy(out->bytes + n, name.at, name.n);
    out->n = n + name.n;
    for (uint32_t i = 0; i < out->n; i++)
        if (!is_allowed(out->bytes[i]) ||
            (i != 0 && out->bytes[i] == '/' && out->bytes[i - 1] == '/'))
            return false;
    return out->n == 1 || out->bytes[out->n - 1] != '/';
}
