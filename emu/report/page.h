/* SPDX-License-Identifier: MIT
 *
 * The files of page/, put into the program when it is built.
 */
#ifndef EMU_REPORT_PAGE_H
#define EMU_REPORT_PAGE_H

#include <stddef.h>

extern const char page_style[], page_body[], page_script[];
extern const size_t page_style_size, page_body_size, page_script_size;

#endif
