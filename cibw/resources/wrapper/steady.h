#ifndef STEADY_H
#define STEADY_H

/* Replace a path in a build environment by one that is the same in every run. Frontends create build environments under
   a new name each time, so zig would never find objects compiled with their headers in its cache. The new path goes
   through a link in `links` that is named after the packages in the environment. Other arguments are unchanged. */
const char *steady(const char *argument, const char *links);

#endif
