/* Translates compiler arguments for zig. */

#ifndef COMPILER_H
#define COMPILER_H

#include "settings.h"

/* The answer to a query that zig cannot answer, or answers for the host; otherwise NULL. */
const char *answer(const List *arguments, const Settings *settings);

/* The arguments of zig, starting with the name of its compiler, for a call of `cc` or `c++`. */
List compiler_call(const char *tool, const List *arguments, const Settings *settings, const char *const *environment);

/* Whether the next argument belongs to an option. */
bool takes_operand(const char *option);

/* The value of a variable, or an empty string. */
const char *value_of(const char *variable, const char *const *environment);

/* Whether a file name is that of a source, or of a C++ source. */
bool is_source(const char *file);
bool is_cpp_source(const char *file);

#endif
