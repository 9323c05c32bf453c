/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_xen_version: which Xen this is. Mirrors do_xen_version(). The
 * version is that of the machine's configuration; what names a build says
 * that it is none.
 */
#include "internal.h"

#include <xen/features.h>
#include <xen/version.h>

#define DENIED "<denied>"

static int put_string(const struct call *k, const char *s, size_t size)
{
    char buffer[1024] = { 0 };

    __builtin_memcpy(buffer, s, __builtin_strlen(s));
    return xm_copy_to_guest(k->c, k->arg[1], buffer, size)
               ? 0
               : domain__refuse(k->d, XEN_EFAULT,
                                "the argument cannot be reached");
}

#define PUT(k, value)                                                          \
    (domain__put(k, (k)->arg[1], value)                                        \
         ? 0                                                                   \
         : domain__refuse((k)->d, XEN_EFAULT,                                  \
                          "the argument cannot be reached"))

static int compile_info(const struct call *k)
{
    struct xen_compile_info info = { .compiler = "none",
                                     .compile_by = "nobody",
                                     .compile_domain = "pinfold",
                                     .compile_date = "never" };

    return PUT(k, &info);
}

static int features(const struct call *k)
{
    struct xen_feature_info f;

    if (!domain__get(k, &f, k->arg[1]))
        return domain__refuse(k->d, XEN_EFAULT,
                              "the argument cannot be reached");
    if (f.submap_idx != 0)
        f.submap = 0;
    else
        f.submap = 1u << XENFEAT_mmu_pt_update_preserve_ad |
                   1u << XENFEAT_highmem_assist |
                   1u << XENFEAT_gnttab_map_avail_bits |
                   1u << XENFEAT_memory_op_vnode_supported |
                   1u << XENFEAT_direct_mapped |
                   (domain__privileged(k->c) ? 1u << XENFEAT_dom0 : 0);
    if (f.submap_idx >= XENFEAT_NR_SUBMAPS)
        return domain__refuse(k->d, XEN_EINVAL,
                              "there are no more maps of features");
    return PUT(k, &f);
}

static int page_size(const struct call *k)
{
    return k->arg[1] == 0 ? (int)XM_PAGE_SIZE
                          : domain__refuse(k->d, XEN_EINVAL,
                                           "the size of a page takes no "
                                           "argument");
}

int domain__xen_version(const struct call *k)
{
    const unsigned int minor = xm_machine_config(k->c->machine)->xen_minor;
    const struct xen_platform_parameters platform = {
        .virt_start = 0xffff800000000000ull
    };
    const xen_domain_handle_t handle = { 0 };

    switch ((int)k->arg[0]) {
    case XENVER_version:
        return (int)(4u << 16 | minor);
    case XENVER_extraversion:
        return put_string(k, ".0-pinfold", sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return compile_info(k);
    case XENVER_capabilities:
        return put_string(k, "xen-3.0-x86_64 ",
                          sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return put_string(k, "unavailable", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        return PUT(k, &platform);
    case XENVER_get_features:
        return features(k);
    case XENVER_pagesize:
        return page_size(k);
    case XENVER_guest_handle:
        return PUT(k, &handle);
    case XENVER_commandline:
        return domain__privileged(k->c) ? put_string(k, "", 1)
                                        : put_string(k, DENIED, sizeof(DENIED));
    case XENVER_build_id:
        return domain__privileged(k->c)
                   ? domain__refuse(k->d, XEN_ENODATA, "it has no build id")
                   : domain__refuse(k->d, XEN_EPERM,
                                    "the build id is for the control domain");
    default:
        return domain__refuse(k->d, XEN_ENOSYS,
                              "nothing else is said about the version");
    }
}
