/* Texts, and lists of them. Nothing is ever freed: a call lasts a millisecond. */

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char **items; /* always followed by a NULL */
    size_t count;
    size_t room;
} List;

void add(List *list, const char *item);
void add_all(List *list, const List *more);

size_t length(const char *text);
bool same(const char *one, const char *other);
bool starts(const char *text, const char *beginning);
bool ends(const char *text, const char *ending);
bool holds(const char *text, const char *part);

/* The position of a character in a text, or NULL. */
const char *find(const char *text, char wanted);

/* A copy of the first `count` characters. */
const char *cut(const char *text, size_t count);
const char *join(const char *one, const char *other);

/* Whether a NULL-terminated list contains this text, or a prefix of it. */
bool is_any(const char *text, const char *const *known);
bool starts_any(const char *text, const char *const *known);

/* The parts between the separators; at least one, which may be empty. */
List split(const char *text, char separator);

/* FNV-1a, with the zero at the end of the text; a hash as 16 digits. */
extern const uint64_t HASH_START;
uint64_t hash(uint64_t start, const char *text);
const char *hash_name(uint64_t number);

/* A path without doubled slashes, `.` and `..`, and without a slash at its end. */
const char *normal(const char *path);

/* Whether a normalized path is a directory, or is below it. */
bool is_below(const char *path, const char *directory);

#endif
