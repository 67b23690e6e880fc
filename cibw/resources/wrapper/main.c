/* The `cc`, `c++`, `ar` and `ranlib` of a toolchain: this program under four names, with its settings beside it.
   It says in zig's words what gcc is asked for, and becomes zig. */

#include "compiler.h"
#include "stand_in.h"
#include "steady.h"
#include "system.h"

enum { DEEPEST = 64 };

static bool is_blank(char one) { return one == ' ' || (one >= '\t' && one <= '\r'); }

/* The next argument of a response file, which quotes as gcc does; NULL at its end. Words are put together in place:
   without its quotes a word is never longer than it was. */
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

/* The arguments with those of response files (`@file`) in their place; one that can't be read stays as it is. */
static void expand(List *result, const char *argument, int depth) {
    char *text = *argument == '@' && depth < DEEPEST ? read_file(argument + 1) : NULL;
    if (!text) {
        add(result, argument);
        return;
    }
    for (const char *word; (word = next_word(&text));) expand(result, word, depth + 1);
}

int run(const char *const *arguments, const char *const *environment) {
    const char *path = own_path(), *tool = path;
    for (const char *slash; (slash = find(tool, '/'));) tool = slash + 1;
    const char *directory = cut(path, tool - path);
    Settings settings = read_settings(join(directory, "settings.txt"));
    List given = {0}, call = {0};
    for (arguments++; *arguments; arguments++) expand(&given, *arguments, 0);
    add(&call, settings.zig);
    if (same(tool, "cc") || same(tool, "c++")) {
        const char *known = answer(&given, &settings);
        if (known) {
            print(1, join(known, "\n"));
            return 0;
        }
        for (size_t i = 0; *settings.links && i < given.count; i++)
            given.items[i] = steady(given.items[i], settings.links);
        if (settings.stands_in) given = with_stand_in(&given, directory);
        List translated = compiler_call(tool, &given, &settings, environment);
        add_all(&call, &translated);
    } else {
        add(&call, tool);
        add_all(&call, &given);
    }
    become(settings.zig, call.items, environment);
    fail("zig can't be started: ", settings.zig);
}
