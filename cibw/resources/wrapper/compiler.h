/* What a compiler is asked for, said in the way that zig understands. */

#ifndef COMPILER_H
#define COMPILER_H

#include "settings.h"

/* The answer to a question about the compiler that zig can't answer, or answers for the host; else NULL. */
const char *answer(const List *arguments, const Settings *settings);

/* The arguments of zig, from the name of its compiler on, for a call of `cc` or `c++`. */
List compiler_call(const char *tool, const List *arguments, const Settings *settings, const char *const *environment);

/* Whether the next argument belongs to an option. */
bool takes_operand(const char *option);

/* The value of a variable; empty where it is not set. */
const char *value_of(const char *variable, const char *const *environment);

/* Whether a file is a source, by its name, and one in C++. */
bool is_source(const char *file);
bool is_cpp_source(const char *file);

#endif
