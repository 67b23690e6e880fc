#include "linker.h"

/* zig refuses most of these ("unsupported linker arg") and warns about the others. They control how the linker works,
   what it reports, and which symbols it exports in addition to those that an extension needs. */
static const char *const DROPPED[] = {
    "EB", "EL", "M", "Map", "N", "O", "X", "allow-multiple-definition", "be8", "check-sections",
    "copy-dt-needed-entries", "cref", "d", "dc", "default-symver", "demangle", "discard-locals", "discard-none", "dp",
    "dynamic-list", "dynamic-list-cpp-new", "dynamic-list-cpp-typeinfo", "dynamic-list-data", "emit-relocs",
    "exclude-libs", "export-dynamic-symbol", "export-dynamic-symbol-list", "fix-cortex-a53-835769",
    "fix-cortex-a53-843419", "fix-cortex-a8", "gc-keep-exported", "gdb-index", "icf", "ignore-data-address-equality",
    "ignore-function-address-equality", "m", "melf_i386", "melf_x86_64", "merge-exidx-entries", "mmap-output-file",
    "n", "nmagic", "no-allow-multiple-definition", "no-check-sections", "no-copy-dt-needed-entries",
    "no-define-common", "no-demangle", "no-fix-cortex-a8", "no-keep-memory", "no-ld-generated-unwind-info",
    "no-merge-exidx-entries", "no-mmap-output-file", "no-omagic", "no-print-gc-sections", "no-relax", "no-rosegment",
    "no-threads", "no-undefined-version", "no-warnings", "omagic", "orphan-handling", "pack-dyn-relocs",
    "package-metadata", "plugin", "plugin-opt", "print-map", "push-state", "q", "reduce-memory-overheads", "relax",
    "retain-symbols-file", "rosegment", "rpath-link", "spare-dynamic-tags", "stats", "sysroot", "t", "threads",
    "trace", "trace-symbol", "traditional-format", "unresolved-symbols", "verbose", "y", NULL};
static const char *const DROPPED_STARTS[] = {"warn-", "no-warn-", "error-", "lto-", "thinlto-", NULL};
static const char *const DROPPED_KEYWORDS[] = {
    "combreloc", "ibt", "nocombreloc", "noseparate-code", "nostart-stop-gc", "pack-relative-relocs",
    "separate-code", "shstk", "start-stop-gc", "text", "muldefs", "nodefs",
    "nodlopen", NULL};
/* Options that zig accepts with one dash only. It accepts all other long ones with two; the linker accepts both. */
static const char *const ONE_DASH[] = {"Bsymbolic", "Bstatic", "Bdynamic", "Bgroup", "rpath", "soname", "dn", "dy", "shared", NULL};
static const char *const WITH_OPERAND[] = {
    "I", "L", "Map", "R", "T", "defsym", "dynamic-linker", "dynamic-list", "e", "entry", "export-dynamic-symbol",
    "export-dynamic-symbol-list", "exclude-libs", "fini", "h",
    "image-base", "init", "l", "m", "o", "orphan-handling", "package-metadata", "plugin", "plugin-opt",
    "retain-symbols-file", "rpath", "rpath-link", "soname", "sort-section", "sysroot", "trace-symbol", "u",
    "undefined", "unresolved-symbols", "version-script", "wrap", "y", "z", NULL};
static const char *const RENAMED[][2] = {{"R", "-rpath"},     {"h", "-soname"}, {"rpath", "-rpath"},
                                         {"soname", "-soname"}, {"u", "-u"},      {"undefined", "-u"}};
static const char *const SAME[][2] = {{"Bsymbolic-functions", "Bsymbolic"}, {"symbolic", "Bsymbolic"},
                                      {"non_shared", "Bstatic"},            {"call_shared", "Bdynamic"}};
static const char ATTACHED[] = "LORlz";

/* One option: its bare name (empty for an input file), its tokens, and its value. */
typedef struct {
    const char *name;
    const char *token;
    const char *operand; /* NULL if it has none */
    const char *value;
} Option;

static const char *bare_name(const char *token) {
    if (*token != '-') return "";
    if (token[1] && find(ATTACHED, token[1])) return cut(token + 1, 1);
    while (*token == '-') token++;
    const char *equals = find(token, '=');
    return equals ? cut(token, equals - token) : token;
}

static bool takes_operand(const char *name, const char *token) {
    return is_any(name, WITH_OPERAND) && (same(token, join("-", name)) || same(token, join("--", name)));
}

static Option read_option(const List *tokens, size_t *next) {
    Option option = {.token = tokens->items[(*next)++]};
    option.name = bare_name(option.token);
    if (takes_operand(option.name, option.token) && *next < tokens->count) option.operand = tokens->items[(*next)++];
    const char *equals = find(option.token, '=');
    if (option.operand) option.value = option.operand;
    else if (*option.name && !option.name[1] && find(ATTACHED, *option.name)) option.value = option.token + 2;
    else option.value = equals ? equals + 1 : "";
    return option;
}

/* A comma separates linker options, so a file name with a comma must be passed differently. */
static void hand_on(List *result, List *pending) {
    if (!pending->count) return;
    bool has_comma = false;
    const char *joined = "-Wl";
    for (size_t i = 0; i < pending->count; i++) {
        has_comma |= find(pending->items[i], ',') != NULL;
        joined = join(join(joined, ","), pending->items[i]);
    }
    if (!has_comma) add(result, joined);
    for (size_t i = 0; has_comma && i < pending->count; i++) {
        add(result, "-Xlinker");
        add(result, pending->items[i]);
    }
    pending->count = 0;
}

static const char *kept_rpath(const char *folders, const Settings *settings) {
    /* CMake reserves space for another path with empty entries at the end. */
    List each = split(folders, ':');
    const char *kept = "";
    bool is_first = true;
    for (size_t i = 0; i < each.count; i++) {
        if (*each.items[i] && !keeps_library(each.items[i], settings)) continue;
        kept = join(join(kept, is_first ? "" : ":"), each.items[i]);
        is_first = false;
    }
    return kept;
}

/* A long option with the number of dashes that zig accepts. */
static const char *spelled(const Option *option) {
    const char *bare = option->token;
    while (*bare == '-') bare++;
    if (!bare[0] || !option->name[1]) return option->token;
    return join(is_any(option->name, ONE_DASH) ? "-" : "--", bare);
}

static void add_renamed(List *pending, const Option *option, const Settings *settings) {
    const char *name = option->name, *value = option->value;
    if (same(name, "rpath") || same(name, "R")) value = kept_rpath(value, settings);
    for (size_t i = 0; i < sizeof RENAMED / sizeof *RENAMED; i++)
        if (same(name, RENAMED[i][0])) {
            if (*value) add(pending, RENAMED[i][1]), add(pending, value);
            return;
        }
    add(pending, spelled(option));
    if (option->operand) add(pending, option->operand);
}

static void translate(List *pending, const Option *option, const Settings *settings) {
    const char *name = option->name;
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++)
        if (same(name, SAME[i][0])) {
            add(pending, join("-", SAME[i][1]));
            return;
        }
    if (is_any(name, DROPPED) || starts_any(name, DROPPED_STARTS)) return;
    if (same(name, "z")) {
        if (*option->value && !is_any(option->value, DROPPED_KEYWORDS)) add(pending, "-z"), add(pending, option->value);
    } else if (same(name, "pop-state")) {
        /* The state saved by --push-state is unknown. These are the linker's defaults. */
        add(pending, "--no-whole-archive"), add(pending, "-Bdynamic");
    } else {
        add_renamed(pending, option, settings);
    }
}

void add_linker_arguments(List *result, const List *tokens, const Settings *settings) {
    List pending = {0};
    for (size_t next = 0; next < tokens->count;) {
        Option option = read_option(tokens, &next);
        const char *name = option.name;
        if (*name && !same(name, "L") && !same(name, "l")) {
            translate(&pending, &option, settings);
        } else if (!same(name, "L") || keeps_library(option.value, settings)) {
            /* Files and libraries keep their place among the other arguments of the compiler. */
            hand_on(result, &pending);
            add(result, *name ? join(join("-", name), option.value) : option.token);
        }
    }
    hand_on(result, &pending);
}
