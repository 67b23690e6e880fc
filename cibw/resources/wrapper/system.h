/* What the program needs of the system. It has no C library, so that it runs in any Linux container and is compiled
   in no time; zig would have to compile a whole library first. */

#ifndef SYSTEM_H
#define SYSTEM_H

#include <stddef.h>

#include "text.h"

/* Memory that is never freed; ends the program where there is none left. */
void *allocate(size_t size);

/* The whole content of a file, ended by a zero; NULL where it can't be read. */
char *read_file(const char *path);

/* Read the beginning of a file, and give its size; -1 where it can't be read. */
long read_into(const char *path, char *buffer, size_t size);

/* The names in a directory, without `.` and `..`, in any order; none where it can't be read. */
List entries(const char *directory);

/* What a symbolic link says; NULL where there is no such link. */
const char *link_target(const char *path);

/* Whether a link could be made; what stands at `path` already is left alone. */
bool make_link(const char *target, const char *path);
void remove_file(const char *path);
bool is_there(const char *path);

/* A name that no other call has. */
const char *unique_name(void);

/* The path that this program was started by, without links. */
const char *own_path(void);

/* Write to standard output (1) or error (2). */
void print(int stream, const char *text);

_Noreturn void leave(int code);
_Noreturn void fail(const char *message, const char *detail);

/* Become another program; comes back only where that fails. */
void become(const char *program, const char *const *arguments, const char *const *environment);

/* The program itself. */
int run(const char *const *arguments, const char *const *environment);

#endif
