/* Removes the paths of this computer from compiled files, so that two builds of a project produce the same files. */

#ifndef PATHS_H
#define PATHS_H

#include "settings.h"

/* The options that replace paths of a build by others. The variable `CIBW_BUILD_PLACE` is the directory of a run's
   builds. */
List path_maps(const List *arguments, const Settings *settings, const char *const *environment);

/* Add an option that replaces a path by a name. */
void add_map(List *result, const char *path, const char *name);

/* A path after the replacements of such options. */
const char *mapped(const char *path, const List *maps);

#endif
