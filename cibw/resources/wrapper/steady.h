#ifndef STEADY_H
#define STEADY_H

/* An argument whose path does not change between runs, where it points into a build environment: frontends make these
   under a new name each time, and zig would never find again what it compiled with their headers. The path leads
   through a link in `links` that is named after the packages in the environment. Any other argument stays as it is. */
const char *steady(const char *argument, const char *links);

#endif
