/* The options for the linker, said in the way that zig understands. */

#ifndef LINKER_H
#define LINKER_H

#include "settings.h"

/* Add the compiler's arguments that hand linker options on. */
void add_linker_arguments(List *result, const List *tokens, const Settings *settings);

#endif
