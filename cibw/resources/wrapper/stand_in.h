#ifndef STAND_IN_H
#define STAND_IN_H

#include "inputs.h"

/* The arguments of a call that compiles one source, which is replaced by an empty source of `directory` that includes
   it. Other calls are unchanged.

   zig 0.17 compiles each copy of a source again, and each build has a new copy. Included files may be copies. */
List with_stand_in(const List *arguments, const char *directory, const Inputs *inputs, const List *maps);

/* The position of the only source of a call that compiles it to an object; -1 for other calls. */
long only_source(const List *arguments);

#endif
