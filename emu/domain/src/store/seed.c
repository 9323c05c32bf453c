/* SPDX-License-Identifier: MIT
 *
 * The nodes that a guest finds, and the toolstack's way to change them.
 */
#include "store.h"

#include <stdio.h>

bool domain_store_write(struct domain *d, const char *path, const void *value,
                        size_t n, bool guests)
{
    struct domain_store *s = &d->store;
    const struct text v = { value, (uint32_t)n };
    struct path p;

    if (*path != '/' || n > DOMAIN_STORE_VALUE ||
        !domain__make_path(&p, domain__text(path), 0, false))
        return false;
    if (domain__events(s, domain__text_of(&p), false, d->domid, !EMIT) >
            domain__queue_room(s) ||
        domain__write_node(&s->tree, domain__text_of(&p), v, false,
                           guests ? NODE_READABLE | NODE_OWNED
                                  : NODE_READABLE) != 0)
        return false;
    s->generation++;
    (void)domain__events(s, domain__text_of(&p), false, d->domid, EMIT);
    d->store_changed = true;
    d->store_kicked = true; /* what is queued is to go */
    return true;
}

const void *domain_store_read(const struct domain *d, const char *path,
                              size_t *n)
{
    struct node node;

    if (!domain__find_node(&d->store.tree, domain__text(path), &node))
        return NULL;
    *n = node.value.n;
    return node.value.at;
}

/* Below the guest's own directory. */
static void seed(struct domain *d, const char *name, const char *value,
                 bool guests)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "/local/domain/%u%s%s", d->domid,
                   *name ? "/" : "", name);
    (void)domain_store_write(d, path, value, __builtin_strlen(value), guests);
}

static void seed_number(struct domain *d, const char *name, uint64_t value)
{
    char digits[24];

    (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    seed(d, name, digits, false);
}

void domain__seed_store(struct domain *d, const struct xm_domain *m,
                        const char *name)
{
    static const char *const owned[] = {
        "device/suspend/event-channel",
        "control/shutdown",
        "control/feature-poweroff",
        "control/feature-reboot",
        "control/feature-suspend",
        "control/sysrq",
        "data",
        "drivers",
        "feature",
        "attr",
        "error",
    };
    static const uint8_t secret; /* what lies above, the guest must not read */
    const uint64_t kib = m->tot_pages * 4ull;

    (void)domain__write_node(&d->store.tree, domain__text("/local/domain"),
                             (struct text){ &secret, 0 }, false, 0);
    seed(d, "", "", false);
    seed(d, "name", name ? name : "guest", false);
    seed_number(d, "domid", d->domid);
    for (uint32_t i = 0; i < m->nr_vcpus; i++) {
        char node[32];

        (void)snprintf(node, sizeof(node), "cpu/%u/availability", i);
        seed(d, node, "online", false);
    }
    seed_number(d, "memory/static-max", kib);
    seed_number(d, "memory/target", kib);
    seed(d, "control/platform-feature-multiprocessor-suspend", "1", false);
    seed(d, "control/platform-feature-xs_reset_watches", "1", false);
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        seed(d, owned[i], "", true);
    if (d->store_port != 0) {
        seed_number(d, "store/port", d->store_port);
        seed_number(d, "store/ring-ref", d->store_mfn);
    }
    if (d->console_port != 0) {
        seed(d, "console/type", "xenconsoled", false);
        seed_number(d, "console/limit", 1048576);
        seed_number(d, "console/port", d->console_port);
        seed_number(d, "console/ring-ref", d->console_mfn);
    }
    d->store_kicked = false; /* nobody watches yet */
}
