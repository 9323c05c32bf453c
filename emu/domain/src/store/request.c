/* SPDX-License-Identifier: MIT
 *
 * A request of the guest, and its answer.
 *
 * GAP: XS_SET_PERMS (what the guest makes is its own), XS_DIRECTORY_PART, what
 * only the control domain may ask for.
 */
#include "store.h"

struct request {
    struct domain_store *s;
    xm_domid domid;
    struct xsd_sockmsg header;
    struct text body;
    struct domain_transaction *transaction; /* NULL: none */
    struct domain_tree *tree;
};

#define LATER (-1) /* no errno: the queue has no room now */

static void answer(struct request *r, struct text a)
{
    const struct xsd_sockmsg header = { .type = r->header.type,
                                        .req_id = r->header.req_id,
                                        .tx_id = r->header.tx_id,
                                        .len = a.n };

    domain__queue(r->s, &header, a, (struct text){ NULL, 0 });
}

static void answer_error(struct request *r, int error)
{
    const char *name = xm_errno_name(error);
    struct text t = domain__text(name ? name : "EINVAL");

    r->header.type = XS_ERROR;
    t.n++;
    answer(r, t);
}

static int ok(struct request *r)
{
    answer(r, (struct text){ (const uint8_t *)"OK", 3 });
    return 0;
}

/* The next string of the body, which a NUL must end. */
static bool next_string(struct request *r, struct text *out)
{
    for (uint32_t i = 0; i < r->body.n; i++) {
        if (r->body.at[i] != '\0')
            continue;
        *out = (struct text){ r->body.at, i };
        r->body.at += i + 1;
        r->body.n -= i + 1;
        return true;
    }
    return false;
}

static bool next_path(struct request *r, struct path *p)
{
    struct text name;

    return next_string(r, &name) && domain__make_path(p, name, r->domid, false);
}

/* 0: events of so many bytes, and the answer, have room in the queue. */
static int room_for(struct request *r, uint32_t events)
{
    const uint32_t need = events + DOMAIN_STORE_MESSAGE;

    if (need <= domain__queue_room(r->s))
        return 0;
    return need > DOMAIN_STORE_QUEUE ? XEN_ENOSPC : LATER;
}

/* PATH was changed: who watches it is told, now or when it is committed. */
static int changed(struct request *r, struct text path, bool gone)
{
    if (r->transaction) {
        r->transaction->changed = true;
    } else {
        r->s->generation++;
        (void)domain__events(r->s, path, gone, r->domid, EMIT);
    }
    return ok(r);
}

static int room_for_change(struct request *r, struct text path, bool gone)
{
    return r->transaction
               ? room_for(r, 0)
               : room_for(r, domain__events(r->s, path, gone, r->domid, !EMIT));
}

static int set(struct request *r, struct text path, struct text value)
{
    const uint8_t flags =
        NODE_OWNED | NODE_READABLE | (r->transaction ? NODE_TOUCHED : 0);
    int rc = room_for_change(r, path, false);

    if (rc == 0)
        rc = domain__write_node(r->tree, path, value, true, flags);
    return rc == 0 ? changed(r, path, false) : rc;
}

static int do_write(struct request *r)
{
    struct path p;

    return next_path(r, &p) ? set(r, domain__text_of(&p), r->body) : XEN_EINVAL;
}

static int do_mkdir(struct request *r)
{
    struct node n;
    struct path p;

    if (!next_path(r, &p))
        return XEN_EINVAL;
    if (domain__find_node(r->tree, domain__text_of(&p), &n))
        return n.flags & NODE_OWNED ? ok(r) : XEN_EACCES;
    return set(r, domain__text_of(&p), (struct text){ NULL, 0 });
}

static int do_rm(struct request *r)
{
    struct path p;
    int rc;

    if (!next_path(r, &p))
        return XEN_EINVAL;
    rc = room_for_change(r, domain__text_of(&p), true);
    if (rc == 0)
        rc = domain__remove_node(r->tree, domain__text_of(&p));
    return rc == 0 ? changed(r, domain__text_of(&p), true) : rc;
}

static int do_read(struct request *r)
{
    struct node n;
    struct path p;
    int rc;

    if (!next_path(r, &p))
        return XEN_EINVAL;
    rc = domain__read_node(r->tree, domain__text_of(&p), &n);
    if (rc == 0)
        answer(r, n.value);
    return rc;
}

/* Names of what is in a directory, each ended by a NUL. */
static int do_directory(struct request *r)
{
    uint8_t list[XENSTORE_PAYLOAD_MAX];
    uint32_t used = 0;
    struct node n;
    struct path p;
    int rc;

    if (!next_path(r, &p))
        return XEN_EINVAL;
    rc = domain__read_node(r->tree, domain__text_of(&p), &n);
    for (uint32_t at = 0; rc == 0 && domain__next_node(r->tree, &at, &n);) {
        const uint32_t skip = p.n == 1 ? 1 : p.n + 1;

        if (n.path.n <= skip ||
            !domain__same(domain__parent(n.path), domain__text_of(&p)))
            continue;
        if (used + n.path.n - skip + 1 > sizeof(list))
            return XEN_E2BIG;
        __builtin_memcpy(list + used, n.path.at + skip, n.path.n - skip);
        used += n.path.n - skip;
        list[used++] = '\0';
    }
    if (rc == 0)
        answer(r, (struct text){ list, used });
    return rc;
}

static int do_get_perms(struct request *r)
{
    char perms[16] = "n";
    char home[32];
    uint32_t n = 1, k;
    struct node node;
    struct path p;
    int rc;

    if (!next_path(r, &p))
        return XEN_EINVAL;
    rc = domain__read_node(r->tree, domain__text_of(&p), &node);
    if (rc != 0)
        return rc;
    /* The digits of a domain id are those of its directory. */
    k = domain__home(r->domid, home);
    if (!(node.flags & NODE_OWNED)) {
        __builtin_memcpy(perms, "n0\0r", 4);
        n = 4;
    }
    for (uint32_t i = sizeof("/local/domain/") - 1; i + 1 < k; i++)
        perms[n++] = home[i];
    answer(r, (struct text){ (const uint8_t *)perms, n + 1 });
    return 0;
}

static int do_watch(struct request *r, bool add)
{
    struct text name, token;
    struct path p;
    bool relative;
    int rc;

    if (!next_string(r, &name) || !next_string(r, &token) ||
        !domain__make_path(&p, name, r->domid, true))
        return XEN_EINVAL;
    relative = name.at[0] != '/' && name.at[0] != '@';
    rc = room_for(r, add ? DOMAIN_STORE_MESSAGE : 0);
    if (rc != 0)
        return rc;
    rc = add ? domain__add_watch(r->s, domain__text_of(&p), token, relative)
             : domain__remove_watch(r->s, domain__text_of(&p), token);
    if (rc != 0)
        return rc;
    (void)ok(r);
    if (add)
        domain__first_event(r->s, domain__text_of(&p), token, relative,
                            r->domid);
    return 0;
}

static int do_begin(struct request *r)
{
    uint32_t id;
    char digits[12];
    uint32_t i = sizeof(digits);

    if (r->transaction)
        return XEN_EBUSY;
    id = domain__begin_transaction(r->s);
    if (id == 0)
        return XEN_ENOSPC;
    digits[--i] = '\0';
    do
        digits[--i] = (char)('0' + id % 10);
    while ((id /= 10) != 0);
    answer(r, (struct text){ (const uint8_t *)digits + i,
                             (uint32_t)sizeof(digits) - i });
    return 0;
}

static int do_end(struct request *r)
{
    struct text how;
    int rc = 0;

    if (!next_string(r, &how) || how.n != 1 ||
        (how.at[0] != 'T' && how.at[0] != 'F'))
        return XEN_EINVAL;
    if (!r->transaction)
        return XEN_ENOENT;
    if (how.at[0] == 'T')
        rc = room_for(
            r, domain__commit_events(r->s, r->transaction, r->domid, !EMIT));
    if (rc == 0)
        rc = domain__end_transaction(r->s, r->transaction, how.at[0] == 'T',
                                     r->domid);
    return rc == 0 ? ok(r) : rc;
}

static bool number(struct text t, uint32_t *out)
{
    *out = 0;
    for (uint32_t i = 0; i < t.n; i++) {
        if (t.at[i] < '0' || t.at[i] > '9' || *out > 65535)
            return false;
        *out = *out * 10 + (uint32_t)(t.at[i] - '0');
    }
    return t.n != 0 && *out <= 65535;
}

static int do_get_domain_path(struct request *r)
{
    struct text t;
    uint32_t id;
    char home[32];
    uint32_t n;

    if (!next_string(r, &t) || !number(t, &id))
        return XEN_EINVAL;
    n = domain__home((xm_domid)id, home);
    home[n - 1] = '\0';
    answer(r, (struct text){ (const uint8_t *)home, n });
    return 0;
}

static int do_is_introduced(struct request *r)
{
    struct text t;
    uint32_t id;
    bool known;

    if (!next_string(r, &t) || !number(t, &id))
        return XEN_EINVAL;
    known = id == DOMAIN_BACKEND || id == r->domid || id == DOMID_SELF;
    answer(r, (struct text){ (const uint8_t *)(known ? "T" : "F"), 2 });
    return 0;
}

static int do_reset_watches(struct request *r)
{
    r->s->watch_bytes = r->s->nr_watches = 0;
    for (uint32_t i = 0; i < DOMAIN_STORE_TRANSACTIONS; i++)
        r->s->transaction[i].id = 0;
    return ok(r);
}

static int act(struct request *r)
{
    switch (r->header.type) {
    case XS_DIRECTORY:
        return do_directory(r);
    case XS_READ:
        return do_read(r);
    case XS_WRITE:
        return do_write(r);
    case XS_MKDIR:
        return do_mkdir(r);
    case XS_RM:
        return do_rm(r);
    case XS_GET_PERMS:
        return do_get_perms(r);
    case XS_WATCH:
    case XS_UNWATCH:
        return do_watch(r, r->header.type == XS_WATCH);
    case XS_TRANSACTION_START:
        return do_begin(r);
    case XS_TRANSACTION_END:
        return do_end(r);
    case XS_GET_DOMAIN_PATH:
        return do_get_domain_path(r);
    case XS_IS_DOMAIN_INTRODUCED:
        return do_is_introduced(r);
    case XS_RESET_WATCHES:
        return do_reset_watches(r);
    case XS_CONTROL:
    case XS_INTRODUCE:
    case XS_RELEASE:
    case XS_RESUME:
    case XS_SET_TARGET:
        return XEN_EACCES;
    default:
        return XEN_ENOSYS;
    }
}

bool domain__answer_request(struct domain_store *s, xm_domid domid)
{
    struct request r = { .s = s, .domid = domid, .tree = &s->tree };
    int rc;

    __builtin_memcpy(&r.header, s->request, sizeof(r.header));
    r.body = (struct text){ s->request + sizeof(r.header), r.header.len };
    if (domain__queue_room(s) < DOMAIN_STORE_MESSAGE)
        return false;
    if (r.header.tx_id != 0) {
        r.transaction = domain__transaction(s, r.header.tx_id);
        if (!r.transaction) {
            answer_error(&r, XEN_ENOENT);
            return true;
        }
        r.tree = &r.transaction->tree;
    }
    rc = act(&r);
    if (rc == LATER)
        return false;
    if (rc != 0)
        answer_error(&r, rc);
    return true;
}
