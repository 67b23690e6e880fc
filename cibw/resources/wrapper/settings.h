/* What a toolchain was prepared for: `settings.txt` beside the program has a `name value` line for each value. */

#ifndef SETTINGS_H
#define SETTINGS_H

#include "text.h"

typedef struct {
    const char *zig;     /* the program */
    const char *target;  /* such as x86_64-linux-gnu.2.17 */
    const char *cpu;     /* the processor to compile for */
    const char *machine; /* the multiarch tuple of the target, such as x86_64-linux-gnu */
    const char *links;   /* the directory for links to build environments; empty where there is none */
    const char *runtime; /* the C++ library that all objects share; empty where each has its own */
    const char *cpp_headers; /* a folder of headers before those of the C++ library; empty where there is none */
    bool stands_in;      /* whether sources are compiled as what an empty one includes */
    List dropped;        /* prefixes of interpreters, whose library folders stay out of the wheels */
    List processors;     /* what interpreters were compiled for, which is none of a project's business */
    List compile;        /* further arguments */
    List link;
} Settings;

Settings read_settings(const char *path);

/* Whether the directory of a -I, or of a -L or an rpath, is no folder of the system or of an interpreter. */
bool keeps_include(const char *directory, const Settings *settings);
bool keeps_library(const char *directory, const Settings *settings);

#endif
