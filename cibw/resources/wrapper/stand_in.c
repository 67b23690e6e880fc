#include "stand_in.h"

#include "compiler.h"
#include "steady.h"
#include "system.h"

/* What asks for something else than an object, or names files after the source. */
static const char *const OTHERS[] = {"-E", "-M", "-S", "-emit-", "-x", "-save-temps", "--save-temps", "--coverage",
                                     "-fprofile-", "-ftest-coverage", "-fsyntax-only", "-ftime-trace", NULL};
static const char *const MAKE_RULES[] = {"-MD", "-MMD", "-MF", "-MT", "-MQ", "-MP", "-MG", NULL};

/* The place of the only source; -1 where there is none or another input, or where no object is asked for. */
static long only_source(const List *arguments) {
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

static const char *name_of_object(const char *source) {
    const char *name = source, *end = NULL;
    for (const char *slash; (slash = find(name, '/'));) name = slash + 1;
    for (const char *dot = name; (dot = find(dot, '.')); dot++) end = dot;
    return join(cut(name, end - name), ".o");
}

List with_stand_in(const List *arguments, const char *directory) {
    long place = only_source(arguments);
    const char *here = link_target("/proc/self/cwd");
    if (place < 0 || !here) return *arguments;
    const char *source = arguments->items[place];
    List result = {0};
    bool has_output = false;
    for (size_t i = 0; i < arguments->count; i++) {
        has_output = has_output || starts(arguments->items[i], "-o");
        if ((long)i != place) add(&result, arguments->items[i]);
    }
    if (!has_output) {
        add(&result, "-o");
        add(&result, name_of_object(source));
    }
    /* zig would take the sources of two projects for one, where their names and options are the same. */
    add(&result, join("-D__cibw_source_", fingerprint(join(here, join("\n", source)))));
    add(&result, "-include");
    add(&result, source);
    add(&result, join(directory, is_cpp_source(source) ? "stand_in.cpp" : "stand_in.c"));
    return result;
}
