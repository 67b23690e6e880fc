#ifndef STAND_IN_H
#define STAND_IN_H

#include "inputs.h"

/* The arguments of a call that compiles one source, with an empty source of `directory` in its place that includes it
   first of all; other calls stay as they are.

   zig 0.17 compiles the source of a call anew whenever it is another copy of what it has compiled, as it is in each
   build. An included file may be another copy. */
List with_stand_in(const List *arguments, const char *directory, const Inputs *inputs, const List *maps);

/* The place of the only source of a call that makes an object of it; -1 for other calls. */
long only_source(const List *arguments);

#endif
