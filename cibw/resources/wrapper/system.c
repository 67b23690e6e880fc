#include "system.h"

#include "calls.h"
#include "text.h"

enum { HERE = -100, LARGEST = 64 << 20, STEP = 1 << 16, LONGEST_PATH = 4096 };

static char memory[LARGEST] __attribute__((aligned(16)));
static size_t used;
static uint64_t random_number;

/* Compilers insert calls of these, with or without a C library. */
void *memcpy(void *target, const void *source, size_t count) {
    char *to = target;
    const char *from = source;
    while (count--) *to++ = *from++;
    return target;
}

void *memset(void *target, int value, size_t count) {
    char *to = target;
    while (count--) *to++ = (char)value;
    return target;
}

void *allocate(size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (size > LARGEST - used) fail("too many arguments", "");
    used += size;
    return memory + used - size;
}

char *read_file(const char *path) {
    long file = call(OPENAT, HERE, (long)path, 0, 0);
    if (file < 0) return NULL;
    size_t count = 0, room = STEP;
    char *content = allocate(room);
    long got;
    while ((got = call(READ, file, (long)(content + count), (long)(room - count - 1), 0)) > 0) {
        count += (size_t)got;
        if (count + 1 < room) continue;
        char *larger = allocate(2 * room);
        memcpy(larger, content, count);
        content = larger;
        room *= 2;
    }
    call(CLOSE, file, 0, 0, 0);
    content[count] = 0;
    return got < 0 ? NULL : content;
}

long read_into(const char *path, char *buffer, size_t size) {
    long file = call(OPENAT, HERE, (long)path, 0, 0);
    if (file < 0) return -1;
    size_t count = 0;
    long got = 0;
    while (count < size && (got = call(READ, file, (long)(buffer + count), (long)(size - count), 0)) > 0)
        count += (size_t)got;
    call(CLOSE, file, 0, 0, 0);
    return count || !got ? (long)count : -1;
}

List entries(const char *directory) {
    List names = {0};
    long file = call(OPENAT, HERE, (long)directory, 0, 0);
    if (file < 0) return names;
    char *content = allocate(STEP);
    long got;
    while ((got = call(LIST, file, (long)content, STEP, 0)) > 0) {
        for (long next = 0; next < got;) {
            /* linux_dirent64: two numbers of 8 bytes, the entry's length in 2, its kind in 1, its name. */
            const char *entry = content + next, *name = entry + 19;
            if (!same(name, ".") && !same(name, "..")) add(&names, cut(name, length(name)));
            next += *(const unsigned short *)(entry + 16);
        }
    }
    call(CLOSE, file, 0, 0, 0);
    return names;
}

const char *link_target(const char *path) {
    char *target = allocate(LONGEST_PATH);
    long count = call(READLINKAT, HERE, (long)path, (long)target, LONGEST_PATH - 1);
    if (count <= 0) return NULL;
    target[count] = 0;
    return target;
}

bool make_link(const char *target, const char *path) { return call(SYMLINKAT, (long)target, HERE, (long)path, 0) == 0; }

void remove_file(const char *path) { call(UNLINKAT, HERE, (long)path, 0, 0); }

bool is_there(const char *path) {
    long file = call(OPENAT, HERE, (long)path, 0, 0);
    if (file >= 0) call(CLOSE, file, 0, 0, 0);
    return file >= 0;
}

const char *unique_name(void) { return hash_name(random_number); }

const char *own_path(void) {
    const char *path = link_target("/proc/self/exe");
    if (!path) fail("/proc/self/exe cannot be read", "");
    return path;
}

void print(int stream, const char *text) {
    size_t left = length(text);
    while (left) {
        long done = call(WRITE, stream, (long)text, (long)left, 0);
        if (done <= 0) return;
        text += done;
        left -= (size_t)done;
    }
}

void leave(int code) {
    for (;;) call(EXIT, code, 0, 0, 0);
}

void fail(const char *message, const char *detail) {
    print(2, "zig wrapper: ");
    print(2, message);
    print(2, detail);
    print(2, "\n");
    leave(1);
}

void become(const char *program, const char *const *arguments, const char *const *environment) {
    call(EXECVE, (long)program, (long)arguments, (long)environment, 0);
}

/* The stack contains the number of arguments, the arguments and a NULL, the environment and a NULL, and pairs from the
   kernel that end with a zero. One of these points to 16 random bytes. */
__attribute__((used)) _Noreturn void begin(const long *stack) {
    enum { RANDOM = 25 };
    const char *const *arguments = (const char *const *)(stack + 1), *const *environment = arguments + *stack + 1;
    const char *const *end = environment;
    while (*end) end++;
    for (const long *pair = (const long *)(end + 1); *pair; pair += 2)
        if (*pair == RANDOM) memcpy(&random_number, (const void *)pair[1], sizeof random_number);
    leave(run(arguments, environment));
}
