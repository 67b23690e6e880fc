/* What a source includes, as far as its text tells without being compiled. zig's cache knows a source by the files that
   it included when it was compiled. It sees neither what the assembler includes, nor the time, nor a new header that
   stands before one of the same name. */

#ifndef INPUTS_H
#define INPUTS_H

#include "text.h"

typedef struct {
    bool is_followed;       /* whether zig's cache sees all that the object depends on */
    bool asks_depth;        /* whether the text asks how deep its file is included */
    const char *fingerprint; /* stands for the paths of the files that are included */
} Inputs;

/* What the sources of a call include; `arguments` are those that zig gets. */
Inputs inputs_of(const List *arguments);

/* Whether an object or an archive among the arguments holds debug information. */
bool has_debug_information(const List *arguments);

#endif
