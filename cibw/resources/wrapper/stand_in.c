#include "stand_in.h"

#include "compiler.h"
#include "paths.h"
#include "system.h"

/* Options that produce something other than an object, or name files after the source. */
static const char *const OTHERS[] = {"-E", "-M", "-S", "-emit-", "-x", "-save-temps", "--save-temps", "--coverage",
                                     "-fprofile-", "-ftest-coverage", "-fsyntax-only", "-ftime-trace", NULL};
static const char *const MAKE_RULES[] = {"-MD", "-MMD", "-MF", "-MT", "-MQ", "-MP", "-MG", NULL};

/* The position of the only source, or -1 if there is none, another input, or no object to make. */
long only_source(const List *arguments) {
    long place = -1;
    bool compiles = false;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *argument = arguments->items[i];
        if (takes_operand(argument) && !same(argument, "-x")) {
            i++;
        } else if (*argument == '-') {
            compiles = compiles || same(argument, "-c");
            if (starts_any(argument, OTHERS) && !starts_any(argument, MAKE_RULES)) return -1;
        } else if (place >= 0 || ends(argument, ".ii") || !(ends(argument, ".c") || is_cpp_source(argument))) {
            return -1;
        } else {
            place = (long)i;
        }
    }
    return compiles ? place : -1;
}

static const char *file_name(const char *path) {
    for (const char *slash; (slash = find(path, '/'));) path = slash + 1;
    return path;
}

static const char *name_of_object(const char *source) {
    const char *name = file_name(source), *end = NULL;
    for (const char *dot = name; (dot = find(dot, '.')); dot++) end = dot;
    return join(cut(name, end - name), ".o");
}

/* The stand-in uses the name of the source wherever a program can see it. */
static void add_names(List *result, const char *stand_in, const char *directory, const char *source) {
    const char *name = file_name(source);
    add_map(result, directory, cut(source, name - source));
    add_map(result, stand_in, source);
    add(result, "-Xclang");
    add(result, "-main-file-name");
    add(result, "-Xclang");
    add(result, name);
}

List with_stand_in(const List *arguments, const char *directory, const Inputs *inputs, const List *maps) {
    long place = only_source(arguments);
    const char *here = link_target("/proc/self/cwd");
    if (place < 0 || !here) return *arguments;
    const char *source = arguments->items[place];
    const char *stand_in = join(directory, is_cpp_source(source) ? "stand_in.cpp" : "stand_in.c");
    List result = {0};
    bool has_output = false;
    add_all(&result, maps);
    if (*source != '/') add_map(&result, "./", "");
    add_names(&result, stand_in, directory, mapped(source, maps));
    for (size_t i = 0; i < arguments->count; i++) {
        has_output = has_output || starts(arguments->items[i], "-o");
        if ((long)i != place) add(&result, arguments->items[i]);
    }
    if (!has_output) {
        add(&result, "-o");
        add(&result, name_of_object(source));
    }
    /* zig would confuse the sources of two projects with the same names and options. */
    const char *known = join(here, join("\n", join(source, join("\n", inputs->fingerprint))));
    add(&result, join("-D__cibw_source_", hash_name(hash(HASH_START, known))));
    add(&result, "-include");
    add(&result, source);
    add(&result, stand_in);
    return result;
}
