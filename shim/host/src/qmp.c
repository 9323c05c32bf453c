/* SPDX-License-Identifier: MIT
 *
 * QEMU's monitor: commands and answers, a line of JSON each.
 */
#include "internal.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_SECONDS 30

/* The next line as a value; NULL and a message: there is none. */
static json_t *read_value(struct shim *s)
{
    char *line = NULL;
    size_t size = 0;
    json_t *value;

    if (getline(&line, &size, s->qmp_in) <= 0) {
        free(line);
        (void)shim__fail(s, "QEMU's monitor does not answer");
        return NULL;
    }
    value = json_loads(line, 0, NULL);
    free(line);
    if (!value)
        (void)shim__fail(s, "QEMU's monitor answers what is not JSON");
    return value;
}

static int send_command(struct shim *s, const char *command, const char *name,
                        const char *value)
{
    json_t *c = name ? json_pack("{s:s, s:{s:s}}", "execute", command,
                                 "arguments", name, value)
                     : json_pack("{s:s}", "execute", command);
    const bool good = c && json_dumpf(c, s->qmp_out, JSON_COMPACT) == 0 &&
                      fputc('\n', s->qmp_out) != EOF && fflush(s->qmp_out) == 0;

    json_decref(c);
    return good ? 0 : shim__fail(s, "QEMU's monitor takes no command");
}

/* What is no answer is an event. */
static int read_answer(struct shim *s, const char *command, char **text)
{
    for (;;) {
        json_t *value = read_value(s), *answer;

        if (!value)
            return -1;
        if (json_object_get(value, "error")) {
            (void)shim__fail(s, "QEMU's monitor refuses %s", command);
            json_decref(value);
            return -1;
        }
        answer = json_object_get(value, "return");
        if (answer && text)
            *text =
                strdup(json_is_string(answer) ? json_string_value(answer) : "");
        json_decref(value);
        if (answer)
            return text && !*text ? shim__fail(s, "out of memory") : 0;
    }
}

static int open_socket(struct shim *s)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = { .tv_sec = ANSWER_SECONDS };
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/qmp", s->dir);
    if (fd >= 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ==
            0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)shim__fail(s, "QEMU's monitor cannot be reached: %s",
                     strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int connect_monitor(struct shim *s)
{
    const int fd = open_socket(s);
    json_t *greeting;

    if (fd < 0)
        return -1;
    s->qmp_in = fdopen(fd, "r");
    s->qmp_out = s->qmp_in ? fdopen(dup(fd), "w") : NULL;
    if (!s->qmp_out) {
        if (!s->qmp_in)
            close(fd);
        shim__qmp_close(s);
        return shim__fail(s, "QEMU's monitor: out of memory");
    }
    greeting = read_value(s);
    if (!greeting)
        return -1;
    json_decref(greeting);
    return shim__qmp(s, "qmp_capabilities", NULL, NULL, NULL);
}

int shim__qmp(struct shim *s, const char *command, const char *name,
              const char *value, char **text)
{
    if (text)
        *text = NULL;
    if (!s->qmp_in && connect_monitor(s) != 0)
        return -1;
    return send_command(s, command, name, value) == 0
               ? read_answer(s, command, text)
               : -1;
}

void shim__qmp_close(struct shim *s)
{
    if (s->qmp_in)
        fclose(s->qmp_in);
    if (s->qmp_out)
        fclose(s->qmp_out);
    s->qmp_in = s->qmp_out = NULL;
}
