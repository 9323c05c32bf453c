/* SPDX-License-Identifier: MIT
 *
 * Hypercalls that a trace writes by the names of their fields: what the
 * registers hold, and what the structure is made of that one of them points
 * to. One table a family of calls, in src/calls/.
 */
#ifndef TRACES_CALL_H
#define TRACES_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pvt_field_kind {
    PVT_FIELD_WORD,   /* a number, a frame, an entry, an address */
    PVT_FIELD_DOMAIN, /* a domain id */
    PVT_FIELD_LIST,   /* the address of a list of 64-bit words */
};

struct pvt_field {
    const char *name;
    enum pvt_field_kind kind;
    bool in_register;
    uint8_t size;    /* bytes: 1, 2, 4 or 8 */
    uint16_t offset; /* into the structure, or the number of the register */
    uint32_t preset; /* of a structure: what it holds unless told otherwise */
};

enum pvt_register_kind {
    PVT_REG_NUMBER, /* the number given here, unless a field says otherwise */
    PVT_REG_ARGS,   /* address of the structures */
    PVT_REG_COUNT,  /* how many structures there are */
};

struct pvt_register {
    enum pvt_register_kind kind;
    uint64_t number;
};

#define PVT_CALL_REGISTERS 5u
#define PVT_CALL_NUMBER PVT_CALL_REGISTERS /* the register of the number */
#define PVT_CALL_FIELDS 20u

struct pvt_call_info {
    const char *name;
    uint64_t hypercall;
    struct pvt_register registers[PVT_CALL_REGISTERS];
    uint32_t size; /* of one structure, 0: there is none */
    struct pvt_field fields[PVT_CALL_FIELDS]; /* up to a NULL name */
};

/* In tables. */
#define PVT_MEMBER(structure, member)                                          \
    {                                                                          \
#member, PVT_FIELD_WORD, false, sizeof(((structure *)NULL)->member),   \
            offsetof(structure, member), 0                                     \
    }
#define PVT_MEMBER_AS(name, kind, structure, member)                           \
    {                                                                          \
        name, kind, false, sizeof(((structure *)NULL)->member),                \
            offsetof(structure, member), 0                                     \
    }
#define PVT_IN_REGISTER(name, kind, number)                                    \
    {                                                                          \
        name, kind, true, 8, number, 0                                         \
    }
#define PVT_PRESET(structure, member, value)                                   \
    {                                                                          \
#member, PVT_FIELD_WORD, false, sizeof(((structure *)NULL)->member),   \
            offsetof(structure, member), value                                 \
    }
#define PVT_NUMBER(n)                                                          \
    {                                                                          \
        PVT_REG_NUMBER, n                                                      \
    }
#define PVT_ARGS                                                               \
    {                                                                          \
        PVT_REG_ARGS, 0                                                        \
    }
#define PVT_COUNT                                                              \
    {                                                                          \
        PVT_REG_COUNT, 0                                                       \
    }

/* The I-th call of all families, NULL behind the last. */
const struct pvt_call_info *pvt_call_at(size_t i);

#endif
