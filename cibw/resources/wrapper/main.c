/* The `cc`, `c++`, `ar` and `ranlib` of a toolchain: this program under four names, with its settings beside it.
   It translates gcc's arguments for zig, and runs zig. */

#include "compiler.h"
#include "inputs.h"
#include "paths.h"
#include "processor.h"
#include "stand_in.h"
#include "steady.h"
#include "system.h"

enum { DEEPEST = 64 };

static bool is_blank(char one) { return one == ' ' || (one >= '\t' && one <= '\r'); }

/* The next argument of a response file with gcc's quoting, or NULL at its end. Words are unquoted in place, because
   that never makes them longer. */
static const char *next_word(char **text) {
    char *from = *text;
    while (is_blank(*from)) from++;
    if (!*from) return NULL;
    char *word = from, *to = from, quote = 0;
    for (; *from && (quote || !is_blank(*from)); from++) {
        if (*from == '\\' && from[1]) *to++ = *++from;
        else if (*from == quote) quote = 0;
        else if (!quote && (*from == '\'' || *from == '"')) quote = *from;
        else *to++ = *from;
    }
    *text = *from ? from + 1 : from;
    *to = 0;
    return word;
}

/* Replace response files (`@file`) by their arguments. A file that cannot be read is left as it is. */
static void expand(List *result, const char *argument, int depth) {
    char *text = *argument == '@' && depth < DEEPEST ? read_file(argument + 1) : NULL;
    if (!text) {
        add(result, argument);
        return;
    }
    for (const char *word; (word = next_word(&text));) expand(result, word, depth + 1);
}

/* The environment with a private cache for this call: zig neither reads nor writes the shared one. */
static const char *const *without_kept_cache(const char *const *environment) {
    static const char NAME[] = "ZIG_LOCAL_CACHE_DIR=";
    const char *scratch = value_of("TMPDIR", environment);
    List result = {0};
    for (; *environment; environment++)
        if (!starts(*environment, NAME)) add(&result, *environment);
    add(&result, join(NAME, join(*scratch ? scratch : "/tmp", join("/cibw-zig-", unique_name()))));
    return result.items;
}

/* Compile or link: the arguments and the environment of zig. */
static List compile(const char *tool, const char *directory, List given, const char *const **environment) {
    Settings settings = read_settings(join(directory, "settings.txt"));
    for (size_t i = 0; *settings.links && i < given.count; i++)
        given.items[i] = steady(given.items[i], settings.links);
    tell_of_native(&given);
    List maps = path_maps(&given, &settings, *environment);
    List translated = compiler_call(tool, &given, &settings, *environment);
    Inputs inputs = inputs_of(&translated);
    if (!inputs.is_followed) *environment = without_kept_cache(*environment);
    List all = {0};
    if (inputs.is_followed && settings.stands_in && !inputs.asks_depth && only_source(&given) >= 0) {
        all = with_stand_in(&given, directory, &inputs, &maps);
    } else {
        add_all(&all, &maps);
        add_all(&all, &given);
        if (inputs.is_followed && only_source(&given) >= 0) add(&all, join("-D__cibw_inputs_", inputs.fingerprint));
    }
    return compiler_call(tool, &all, &settings, *environment);
}

int run(const char *const *arguments, const char *const *environment) {
    const char *path = own_path(), *tool = path;
    for (const char *slash; (slash = find(tool, '/'));) tool = slash + 1;
    const char *directory = cut(path, tool - path);
    Settings settings = read_settings(join(directory, "settings.txt"));
    List given = {0}, call = {0}, made = {0};
    for (arguments++; *arguments; arguments++) expand(&given, *arguments, 0);
    add(&call, settings.zig);
    if (same(tool, "cc") || same(tool, "c++")) {
        const char *known = answer(&given, &settings);
        if (known) {
            print(1, join(known, "\n"));
            return 0;
        }
        made = compile(tool, directory, given, &environment);
    } else {
        add(&made, tool);
        add_all(&made, &given);
    }
    add_all(&call, &made);
    become(settings.zig, call.items, environment);
    fail("zig cannot be started: ", settings.zig);
}
