/* The settings of a toolchain: `settings.txt` beside the program has a `name value` line for each value. */

#ifndef SETTINGS_H
#define SETTINGS_H

#include "text.h"

typedef struct {
    const char *zig;     /* the program */
    const char *target;  /* such as x86_64-linux-gnu.2.17 */
    const char *cpu;     /* the processor to compile for */
    const char *machine; /* the multiarch tuple of the target, such as x86_64-linux-gnu */
    const char *links;   /* the directory for links to build environments, or empty */
    const char *runtime; /* the C++ library that all objects share, or empty */
    const char *cpp_headers; /* a directory of headers before those of the C++ library, or empty */
    bool stands_in;      /* whether sources are compiled as includes of an empty source */
    List dropped;        /* interpreter prefixes, whose library directories are kept out of the wheels */
    List processors;     /* processors that interpreters were compiled for, which projects do not need */
    List compile;        /* further arguments */
    List link;
} Settings;

Settings read_settings(const char *path);

/* Whether the directory of a -I, a -L or an rpath belongs neither to the system nor to an interpreter. */
bool keeps_include(const char *directory, const Settings *settings);
bool keeps_library(const char *directory, const Settings *settings);

#endif
