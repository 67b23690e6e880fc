#include "processor.h"

#include "system.h"

static const char *const OPTIONS[] = {"-march=", "-mcpu=", "-mtune=", NULL};
/* Features of ARM and RISC-V, and the families of POWER, as gcc and zig spell them. */
static const char *const FEATURES[][2] = {
    {"fp16", "fullfp16"}, {"simd", "neon"},   {"fp", "fp_armv8"},     {"crypto", "aes+sha2"}, {"memtag", "mte"},
    {"rng", "rand"},      {"profile", "spe"}, {"sve2-aes", "sve_aes"}, {"fp16fml", "fp16fml+fullfp16"}};
static const char *const BASELINES[] = {
    "armv8-a", "armv7", "armv7-a", "armv7l", "rv64gc", "rv64imafdc", "rv64g", "powerpc64le", "ppc64le", NULL};

/* Options of gcc that turn on SSE 4.2, and those of them that turn on AVX. */
static const char *const WITH_SSE42[] = {"-msse4", "-msse4.2", NULL};
static const char *const WITH_AVX[] = {"-mavx", "-mf16c", "-mfma", NULL};

bool is_processor_option(const char *option) { return starts_any(option, OPTIONS); }

static bool is_digit(char one) { return one >= '0' && one <= '9'; }

static const char *with_underscores(const char *name) {
    char *result = (char *)cut(name, length(name));
    for (char *at = result; *at; at++)
        if (*at == '-' || *at == '.') *at = '_';
    return result;
}

static const char *feature(const char *name) {
    const char *sign = starts(name, "no") && !same(name, "nofp16fml") ? "-" : "+";
    if (*sign == '-') name += 2;
    for (size_t i = 0; i < sizeof FEATURES / sizeof *FEATURES; i++)
        if (same(name, FEATURES[i][0]) && (*sign == '+' || !find(FEATURES[i][1], '+'))) return join(sign, FEATURES[i][1]);
    return join(sign, with_underscores(name));
}

/* `armv8.2-a` is an ARM level, which zig treats as a feature; empty for other names. */
static const char *level(const char *name) {
    bool is_level = starts(name, "armv") && is_digit(name[4]) && (ends(name, "-a") || is_digit(name[length(name) - 1]));
    if (!is_level || is_any(name, BASELINES)) return "";
    List parts = split(name + 4, '-');
    const char *number = with_underscores(parts.items[0]);
    return join("+v", join(number, ends(number, "a") ? "" : "a"));
}

/* zig calls `rv64gcv_zba` the baseline with +v and +zba. */
static const char *of_riscv(const char *name, const char *baseline) {
    List parts = split(name, '_');
    const char *letters = parts.items[0] + 4, *result = baseline;
    for (; *letters; letters++)
        if (!find("gimafdc", *letters)) result = join(join(result, "+"), cut(letters, 1));
    for (size_t i = 1; i < parts.count; i++)
        if (!same(parts.items[i], "zicsr") && !same(parts.items[i], "zifencei"))
            result = join(join(result, "+"), parts.items[i]);
    return result;
}

/* zig's name of a processor and its features. */
static const char *translated(const char *value, const Settings *settings) {
    List parts = split(value, '+');
    const char *name = parts.items[0], *result;
    if (starts(name, "rv64")) result = of_riscv(name, settings->cpu);
    else if (is_any(name, BASELINES)) result = settings->cpu;
    else if (*level(name)) result = join(settings->cpu, level(name));
    else if (starts(name, "power") && is_digit(name[5])) result = join("pwr", name + 5);
    else result = with_underscores(name);
    for (size_t i = 1; i < parts.count; i++) result = join(result, feature(parts.items[i]));
    return result;
}

/* On x86 gcc's -mcpu only tunes, and only -march selects the processor; elsewhere either does. */
static const char *chosen(const char *option, const Settings *settings) {
    bool is_x86 = starts(settings->target, "x86");
    if (starts(option, "-march=")) return option + 7;
    return starts(option, "-mcpu=") && !is_x86 ? option + 6 : NULL;
}

void tell_of_native(const List *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        if (!same(arguments->items[i], "-march=native") && !same(arguments->items[i], "-mcpu=native")) continue;
        print(2, join("note: ", join(arguments->items[i], " has no effect: a wheel runs on other computers, too\n")));
        return;
    }
}

const char *processor_of(const List *arguments, const Settings *settings) {
    const char *result = settings->cpu, *wanted = NULL;
    List ignored = {0};
    for (size_t i = 0; i < arguments->count; i++) {
        const char *value = chosen(arguments->items[i], settings);
        if (!value || !*value) continue;
        /* An interpreter passes on the processor that it was compiled for. A project may also ask for the same one. */
        bool is_first = !is_any(value, ignored.items ? ignored.items : (const char *const[]){NULL});
        add(&ignored, value);
        bool is_inherited = settings->processors.count && is_any(value, settings->processors.items);
        if (!is_inherited || !is_first) wanted = value;
    }
    if (!wanted) return result;
    return starts(wanted, "native") ? result : translated(wanted, settings);
}

static bool asks_for(const List *arguments, const char *const *known, bool (*is_one)(const char *, const char *const *)) {
    for (size_t i = 0; i < arguments->count; i++)
        if (is_one(arguments->items[i], known)) return true;
    return false;
}

static void add_unless(List *result, const List *arguments, const char *option, const char *opposite) {
    if (!asks_for(arguments, (const char *const[]){opposite, NULL}, is_any)) add(result, option);
}

/* zig names every feature to clang, and clang then turns on none that another one implies. */
void add_implied_features(List *result, const List *arguments, const Settings *settings) {
    if (!starts(settings->target, "x86")) return;
    bool has_avx = asks_for(arguments, WITH_AVX, starts_any);
    if (has_avx || asks_for(arguments, WITH_SSE42, is_any)) {
        add_unless(result, arguments, "-mpopcnt", "-mno-popcnt");
        if (has_avx) add_unless(result, arguments, "-mxsave", "-mno-xsave");
        return;
    }
    if (!same(processor_of(arguments, settings), settings->cpu)) return;
    /* A function with the attribute target("sse4.2") may use CRC-32. Nothing else does, so it can be on everywhere. */
    static const char *const CRC32[] = {"-Xclang", "-target-feature", "-Xclang", "+crc32", "-U__CRC32__", NULL};
    for (size_t i = 0; CRC32[i]; i++) add(result, CRC32[i]);
}
