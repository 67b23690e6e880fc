#ifndef STAND_IN_H
#define STAND_IN_H

#include "text.h"

/* The arguments of a call that compiles one source, with an empty source of `directory` in its place that includes it
   first of all; other calls stay as they are.

   zig 0.17 compiles the source of a call anew whenever it is another copy of what it has compiled, as it is in each
   build. An included file may be another copy. */
List with_stand_in(const List *arguments, const char *directory);

#endif
