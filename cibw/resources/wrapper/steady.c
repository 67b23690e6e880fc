#include "steady.h"

#include "system.h"
#include "text.h"

static const char *const ENVIRONMENTS[] = {"/builds-v0/.tmp", "/pip-build-env-", "/build-env-", NULL};
static const char *const LIBRARIES[] = {"/lib", "/overlay/lib", NULL};

/* The end of a build environment's name in a path, or NULL. */
static const char *end_of_environment(const char *path) {
    for (const char *from = path; *from; from++) {
        if (!starts_any(from, ENVIRONMENTS)) continue;
        from += starts(from, ENVIRONMENTS[0]) ? length(ENVIRONMENTS[0]) : 1;
        const char *slash = find(from, '/');
        return slash ? slash : from + length(from);
    }
    return NULL;
}

/* A number for the names of all packages, regardless of their order; 0 if there are none. */
static uint64_t packages_of(const char *environment) {
    uint64_t sum = 0;
    for (size_t i = 0; LIBRARIES[i]; i++) {
        const char *library = join(environment, LIBRARIES[i]);
        List pythons = entries(library);
        for (size_t j = 0; j < pythons.count; j++) {
            uint64_t start = hash(HASH_START, pythons.items[j]);
            List packages = entries(join(library, join("/", join(pythons.items[j], "/site-packages"))));
            for (size_t k = 0; k < packages.count; k++) sum += hash(start, packages.items[k]);
        }
    }
    return sum;
}

/* If two equal environments exist at the same time, the first one has the link. */
static bool leads_to(const char *link, const char *environment) {
    const char *target = link_target(link);
    if (target && same(target, environment)) return true;
    if (target && is_there(target)) return false;
    if (target) remove_file(link);
    return make_link(environment, link);
}

const char *steady(const char *argument, const char *links) {
    const char *path = find(argument, '/'), *end = path ? end_of_environment(path) : NULL;
    if (!end || find(argument, '=')) return argument;
    const char *environment = cut(path, end - path);
    uint64_t packages = packages_of(environment);
    const char *link = join(links, join("/", hash_name(packages)));
    if (!packages || !leads_to(link, environment)) return argument;
    return join(cut(argument, path - argument), join(link, end));
}
