/* System calls. The program has no C library, so that it runs in any Linux container and compiles quickly. zig would
   have to compile a whole library first. */

#ifndef SYSTEM_H
#define SYSTEM_H

#include <stddef.h>

#include "text.h"

/* Memory that is never freed. Exits if no memory is left. */
void *allocate(size_t size);

/* The content of a file with a terminating zero, or NULL if it cannot be read. */
char *read_file(const char *path);

/* Read the beginning of a file and return its size, or -1 if it cannot be read. */
long read_into(const char *path, char *buffer, size_t size);

/* The names in a directory without `.` and `..`, in any order; none if it cannot be read. */
List entries(const char *directory);

/* The target of a symbolic link, or NULL. */
const char *link_target(const char *path);

/* Create a link unless `path` exists, and return whether that succeeded. */
bool make_link(const char *target, const char *path);
void remove_file(const char *path);
bool is_there(const char *path);

/* A unique name. */
const char *unique_name(void);

/* The path of this program, with links resolved. */
const char *own_path(void);

/* Write to standard output (1) or error (2). */
void print(int stream, const char *text);

_Noreturn void leave(int code);
_Noreturn void fail(const char *message, const char *detail);

/* Replace this process by another program. Returns only on failure. */
void become(const char *program, const char *const *arguments, const char *const *environment);

/* The program itself. */
int run(const char *const *arguments, const char *const *environment);

#endif
