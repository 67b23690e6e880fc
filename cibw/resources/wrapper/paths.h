/* Paths of this computer, which must not get into what is compiled: two builds of a project give the same files. */

#ifndef PATHS_H
#define PATHS_H

#include "settings.h"

/* The options that put other paths in the place of those of a build. `CIBW_BUILD_PLACE` of the environment is the
   directory in which a run keeps its builds. */
List path_maps(const List *arguments, const Settings *settings, const char *const *environment);

/* Add an option that puts a name in the place of a path. */
void add_map(List *result, const char *path, const char *name);

/* What the compiler makes of a path by such options. */
const char *mapped(const char *path, const List *maps);

#endif
