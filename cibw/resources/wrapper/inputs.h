/* The includes of a source, as far as its text shows them. zig's cache identifies a source by the files that it
   included when it was compiled. It detects neither includes of the assembler, nor the time, nor a new header that
   precedes one of the same name. */

#ifndef INPUTS_H
#define INPUTS_H

#include "text.h"

typedef struct {
    bool is_followed;       /* whether zig's cache detects all dependencies of the object */
    bool asks_depth;        /* whether the text uses its include depth */
    const char *fingerprint; /* identifies the paths of the included files */
} Inputs;

/* The includes of the sources of a call. `arguments` are those for zig. */
Inputs inputs_of(const List *arguments);

/* Whether an object or an archive among the arguments contains debug information. */
bool has_debug_information(const List *arguments);

#endif
