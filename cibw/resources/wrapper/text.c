#include "text.h"

#include "system.h"

void add(List *list, const char *item) {
    if (list->count + 2 > list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        const char **items = allocate(room * sizeof *items);
        for (size_t i = 0; i < list->count; i++) items[i] = list->items[i];
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

void add_all(List *list, const List *more) {
    for (size_t i = 0; i < more->count; i++) add(list, more->items[i]);
}

size_t length(const char *text) {
    size_t count = 0;
    while (text[count]) count++;
    return count;
}

bool same(const char *one, const char *other) {
    while (*one && *one == *other) one++, other++;
    return *one == *other;
}

bool starts(const char *text, const char *beginning) {
    while (*beginning && *text == *beginning) text++, beginning++;
    return !*beginning;
}

bool ends(const char *text, const char *ending) {
    size_t whole = length(text), part = length(ending);
    return whole >= part && same(text + whole - part, ending);
}

bool holds(const char *text, const char *part) {
    for (; *text; text++)
        if (starts(text, part)) return true;
    return false;
}

const char *find(const char *text, char wanted) {
    for (; *text; text++)
        if (*text == wanted) return text;
    return NULL;
}

const char *cut(const char *text, size_t count) {
    char *copy = allocate(count + 1);
    for (size_t i = 0; i < count; i++) copy[i] = text[i];
    copy[count] = 0;
    return copy;
}

const char *join(const char *one, const char *other) {
    size_t first = length(one), second = length(other);
    char *both = allocate(first + second + 1);
    for (size_t i = 0; i < first; i++) both[i] = one[i];
    for (size_t i = 0; i <= second; i++) both[first + i] = other[i];
    return both;
}

bool is_any(const char *text, const char *const *known) {
    for (; *known; known++)
        if (same(text, *known)) return true;
    return false;
}

bool starts_any(const char *text, const char *const *known) {
    for (; *known; known++)
        if (starts(text, *known)) return true;
    return false;
}

List split(const char *text, char separator) {
    List parts = {0};
    const char *end;
    for (; (end = find(text, separator)); text = end + 1) add(&parts, cut(text, end - text));
    add(&parts, text);
    return parts;
}

const uint64_t HASH_START = 0xcbf29ce484222325;

uint64_t hash(uint64_t start, const char *text) {
    do start = (start ^ (unsigned char)*text) * 0x100000001b3;
    while (*text++);
    return start;
}

const char *hash_name(uint64_t number) {
    char *name = allocate(17);
    for (size_t i = 0; i < 16; i++) name[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
    name[16] = 0;
    return name;
}

const char *normal(const char *path) {
    bool absolute = *path == '/';
    List parts = split(path, '/'), kept = {0};
    for (size_t i = 0; i < parts.count; i++) {
        const char *part = parts.items[i];
        if (!*part || same(part, ".")) continue;
        if (!same(part, "..")) add(&kept, part);
        else if (kept.count && !same(kept.items[kept.count - 1], "..")) kept.count--;
        else if (!absolute) add(&kept, part);
    }
    const char *result = absolute ? "/" : "";
    for (size_t i = 0; i < kept.count; i++) result = join(join(result, i ? "/" : ""), kept.items[i]);
    return *result ? result : ".";
}

bool is_below(const char *path, const char *directory) {
    if (!starts(path, directory)) return false;
    char next = path[length(directory)];
    return !next || next == '/';
}
