#include "settings.h"

#include "system.h"

static const char *const SYSTEM_LIBRARIES[] = {"/lib",     "/lib32",     "/lib64",    "/usr/lib",
                                               "/usr/lib32", "/usr/lib64", NULL};

/* zig's x86 is i386 in multiarch tuples. */
static const char *multiarch(const char *target) {
    const char *version = find(target, '.');
    const char *machine = version ? cut(target, version - target) : target;
    return starts(machine, "x86-") ? join("i386", machine + 3) : machine;
}

Settings read_settings(const char *path) {
    const char *text = read_file(path);
    if (!text) fail("the toolchain lost its settings: ", path);
    Settings settings = {.links = "", .runtime = "", .cpp_headers = ""};
    List lines = split(text, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *line = lines.items[i], *blank = find(line, ' ');
        if (!blank) continue;
        const char *name = cut(line, blank - line), *value = blank + 1;
        if (same(name, "zig")) settings.zig = value;
        else if (same(name, "target")) settings.target = value;
        else if (same(name, "cpu")) settings.cpu = value;
        else if (same(name, "stands-in")) settings.stands_in = true;
        else if (same(name, "links")) settings.links = value;
        else if (same(name, "cpp-headers")) settings.cpp_headers = value;
        else if (same(name, "runtime")) settings.runtime = value;
        else if (same(name, "processor")) add(&settings.processors, value);
        else if (same(name, "dropped")) add(&settings.dropped, value);
        else if (same(name, "compile")) add(&settings.compile, value);
        else if (same(name, "link")) add(&settings.link, value);
    }
    if (!settings.zig || !settings.target || !settings.cpu) fail("incomplete settings: ", path);
    settings.machine = multiarch(settings.target);
    return settings;
}

bool keeps_include(const char *directory, const Settings *settings) {
    const char *folder = normal(directory);
    return !same(folder, "/usr/include") && !same(folder, join("/usr/include/", settings->machine));
}

bool keeps_library(const char *directory, const Settings *settings) {
    const char *folder = normal(directory);
    if (is_any(folder, SYSTEM_LIBRARIES)) return false;
    if (same(folder, join("/lib/", settings->machine)) || same(folder, join("/usr/lib/", settings->machine)))
        return false;
    if (is_below(folder, "/usr/lib/gcc") || is_below(folder, "/usr/lib/llvm")) return false;
    /* Packages such as numpy include libraries to link with, which are below the interpreter's prefix, too. */
    if (holds(folder, "/site-packages") || holds(folder, "/dist-packages")) return true;
    for (size_t i = 0; i < settings->dropped.count; i++)
        if (is_below(folder, settings->dropped.items[i])) return false;
    return true;
}
