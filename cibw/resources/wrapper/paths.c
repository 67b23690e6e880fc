#include "paths.h"

#include "compiler.h"
#include "system.h"

static const char OPTION[] = "-ffile-prefix-map=";

void add_map(List *result, const char *path, const char *name) {
    add(result, join(join(OPTION, path), join("=", name)));
}

const char *mapped(const char *path, const List *maps) {
    for (size_t i = maps->count; i--;) {
        if (!starts(maps->items[i], OPTION)) continue;
        const char *from = maps->items[i] + length(OPTION), *to = from;
        for (const char *equals; (equals = find(to, '='));) to = equals + 1;
        from = cut(from, to - from - 1);
        if (starts(path, from)) return join(to, path + length(from));
    }
    return path;
}

/* The path up to the end of its next `count` parts after a directory, or NULL if it is not that deep. */
static const char *part_below(const char *text, const char *directory, size_t count) {
    size_t before = length(directory);
    if (!before) return NULL;
    for (; *text; text++) {
        if (!starts(text, directory) || text[before] != '/') continue;
        const char *end = text + before;
        for (size_t i = 0; i < count && end; i++) end = *end ? find(end + 1, '/') : NULL;
        return end ? cut(text, end - text) : NULL;
    }
    return NULL;
}

static const char *first_below(const List *arguments, const char *directory, size_t count) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *found = part_below(arguments->items[i], directory, count);
        if (found) return found;
    }
    return part_below(join(link_target("/proc/self/cwd"), "/"), directory, count);
}

static bool names(const List *arguments, const char *path) {
    for (size_t i = 0; i < arguments->count; i++)
        if (holds(arguments->items[i], path)) return true;
    return false;
}

List path_maps(const List *arguments, const Settings *settings, const char *const *environment) {
    List result = {0};
    const char *place = value_of("CIBW_BUILD_PLACE", environment), *scratch = value_of("TMPDIR", environment);
    const char *here = link_target("/proc/self/cwd");
    /* The last match wins. */
    if (*settings->links) add_map(&result, settings->links, "/environment");
    if (*place) {
        const char *build = first_below(arguments, join(place, "/work"), 1);
        const char *project = first_below(arguments, join(place, "/work"), 2);
        const char *temporary = *scratch ? first_below(arguments, scratch, 1) : NULL;
        add_map(&result, place, "/place");
        if (temporary) add_map(&result, temporary, "/temporary");
        if (build) add_map(&result, build, "/build");
        if (project && ends(project, "/project")) add_map(&result, project, ".");
    }
    /* Backends rename this directory in each run. If no argument contains it, zig finds the object in its cache. */
    if (here && names(arguments, here)) add_map(&result, here, ".");
    add(&result, "-ffile-compilation-dir=.");
    return result;
}
