/* Translates linker options for zig. */

#ifndef LINKER_H
#define LINKER_H

#include "settings.h"

/* Add the compiler arguments that pass on linker options. */
void add_linker_arguments(List *result, const List *tokens, const Settings *settings);

#endif
