#include "processor.h"

#include "system.h"

static const char *const OPTIONS[] = {"-march=", "-mcpu=", "-mtune=", NULL};
/* Features of ARM and RISC-V, and the families of POWER, as gcc and zig spell them. */
static const char *const FEATURES[][2] = {
    {"fp16", "fullfp16"}, {"simd", "neon"},   {"fp", "fp_armv8"},     {"crypto", "aes+sha2"}, {"memtag", "mte"},
    {"rng", "rand"},      {"profile", "spe"}, {"sve2-aes", "sve_aes"}, {"fp16fml", "fp16fml+fullfp16"}};
static const char *const BASELINES[] = {
    "armv8-a", "armv7", "armv7-a", "armv7l", "rv64gc", "rv64imafdc", "rv64g", "powerpc64le", "ppc64le", NULL};

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
