#include "inputs.h"

#include "compiler.h"
#include "system.h"

enum { LARGEST_FILE = 16 << 20, SLOTS = 1 << 15, MOST_NAMES = SLOTS * 3 / 4 };

static const char *const DIRECTORY_OPTIONS[] = {"-isystem", "-idirafter", "-iquote", "-I", NULL};
static const char *const FILE_OPTIONS[] = {"-include", "-imacros", NULL};
static const char *const UNFOLLOWED[] = {".incbin", "__DATE__", "__TIME__", "__TIMESTAMP__", "__has_embed", NULL};
static const char *const DEPTH[] = {"__INCLUDE_LEVEL__", "__BASE_FILE__", NULL};
static const char *const INCLUDING[] = {"include", "include_next", "import", "define", NULL};

static char content[LARGEST_FILE + 1];
static uint64_t names[SLOTS];

typedef struct {
    List directories;
    List files; /* included files, in the order in which they were found */
    size_t names;
    uint64_t sum;
    Inputs found;
} Scan;

static bool is_blank(char one) { return one == ' ' || one == '\t'; }

static bool is_name(char one) {
    return one == '_' || (one >= '0' && one <= '9') || (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z');
}

static const char *directory_of(const char *path) {
    const char *end = path;
    for (const char *from = path; *from; from++)
        if (*from == '/') end = from + 1;
    return cut(path, end - path);
}

/* Whether a name is new. */
static bool is_new(Scan *scan, const char *kind, const char *name) {
    uint64_t value = hash(hash(HASH_START, kind), name);
    size_t slot = value % SLOTS;
    for (; names[slot]; slot = (slot + 1) % SLOTS)
        if (names[slot] == value) return false;
    if (scan->names++ >= MOST_NAMES) {
        scan->found.is_followed = false;
        return false;
    }
    names[slot] = value;
    return true;
}

static bool add_file(Scan *scan, const char *path) {
    if (!is_there(path)) return false;
    scan->sum = hash(scan->sum, path);
    if (is_new(scan, "file", path)) add(&scan->files, path);
    return true;
}

/* Follow one name, as `"name"` from a directory, or as `<name>`. */
static void follow(Scan *scan, const char *from, const char *name, bool is_quoted) {
    if (!is_new(scan, is_quoted ? from : "<", name)) return;
    if (*name == '/') {
        add_file(scan, name);
        return;
    }
    if (is_quoted && add_file(scan, join(from, name))) return;
    for (size_t i = 0; i < scan->directories.count; i++)
        if (add_file(scan, join(join(scan->directories.items[i], "/"), name))) return;
}

/* The name at the beginning of a text, between quotes or angle brackets. */
static void follow_text(Scan *scan, const char *from, const char *text) {
    char end = *text == '"' ? '"' : *text == '<' ? '>' : 0;
    size_t count = 1;
    while (end && text[count] && text[count] != '\n' && text[count] != end) count++;
    if (end && text[count] == end && count > 1) follow(scan, from, cut(text + 1, count - 1), end == '"');
}

/* Handle the text after a `#` at the beginning of a line. A macro may contain the name of a file to include. */
static void read_directive(Scan *scan, const char *from, const char *text) {
    while (is_blank(*text)) text++;
    size_t count = 0;
    while (is_name(text[count])) count++;
    const char *word = cut(text, count);
    text += count;
    if (same(word, "embed")) scan->found.is_followed = false;
    if (!is_any(word, INCLUDING)) return;
    while (is_blank(*text)) text++;
    if (same(word, "define")) {
        while (is_name(*text)) text++;
        while (is_blank(*text)) text++;
    }
    follow_text(scan, from, text);
}

/* The assembler's `.include`, as opposed to a member of that name. */
static bool is_assembler_include(const char *text) {
    if (!starts(text, ".include")) return false;
    text += length(".include");
    while (is_blank(*text)) text++;
    return *text == '"' || *text == '\\';
}

static void read_word(Scan *scan, const char *from, const char *text) {
    if (starts_any(text, UNFOLLOWED) || is_assembler_include(text)) scan->found.is_followed = false;
    if (*text != '_') return;
    if (starts_any(text, DEPTH)) scan->found.asks_depth = true;
    if (!starts(text, "__has_include")) return;
    while (is_name(*text)) text++;
    while (is_blank(*text) || *text == '(') text++;
    follow_text(scan, from, text);
}

static void read_text(Scan *scan, const char *path) {
    long size = read_into(path, content, LARGEST_FILE);
    if (size < 0) return;
    if (size == LARGEST_FILE) scan->found.is_followed = false;
    content[size] = 0;
    const char *from = directory_of(path);
    bool begins = true;
    for (long i = 0; i < size; i++) {
        char one = content[i];
        if (one == '.' || one == '_') read_word(scan, from, content + i);
        else if (one == '#' && begins) read_directive(scan, from, content + i + 1);
        begins = one == '\n' || (begins && is_blank(one));
    }
}

static void read_argument(Scan *scan, const char *option, const char *operand) {
    const char *value = operand;
    for (const char *const *known = DIRECTORY_OPTIONS; *known; known++) {
        if (!starts(option, *known)) continue;
        add(&scan->directories, operand ? operand : option + length(*known));
        return;
    }
    if (starts(option, "-D")) {
        value = find(operand ? operand : option, '=');
        if (value) follow_text(scan, "", value + 1);
    } else if (is_any(option, FILE_OPTIONS) && operand) {
        add_file(scan, operand);
    } else if (*option != '-' && is_source(option)) {
        add_file(scan, option);
    }
}

Inputs inputs_of(const List *arguments) {
    Scan scan = {.sum = HASH_START, .found = {.is_followed = true}};
    /* Directories first, because a macro may come before them. */
    for (int has_folders = 0; has_folders < 2; has_folders++)
        for (size_t next = 0; next < arguments->count;) {
            const char *option = arguments->items[next++], *operand = NULL;
            if (takes_operand(option) && next < arguments->count) operand = arguments->items[next++];
            if (starts_any(option, DIRECTORY_OPTIONS) != has_folders) read_argument(&scan, option, operand);
        }
    for (size_t i = 0; scan.found.is_followed && i < scan.files.count; i++) read_text(&scan, scan.files.items[i]);
    scan.found.fingerprint = hash_name(scan.sum);
    return scan.found;
}

bool has_debug_information(const List *arguments) {
    static const char NAME[] = ".debug_info";
    for (size_t next = 0; next < arguments->count;) {
        const char *file = arguments->items[next++];
        if (takes_operand(file)) next++;
        if (*file == '-' || takes_operand(file) || !(ends(file, ".o") || ends(file, ".a") || ends(file, ".lo") || ends(file, ".rlib")))
            continue;
        long size = read_into(file, content, LARGEST_FILE);
        if (size == LARGEST_FILE) return true;
        for (long i = 0; i + (long)sizeof NAME <= size; i++)
            if (content[i] == '.' && starts(content + i, NAME)) return true;
    }
    return false;
}
