#include "compiler.h"

#include "inputs.h"
#include "linker.h"
#include "processor.h"

static const char *const DROPPED_STARTS[] = {"--target=", "-fuse-ld", "-specs=", "--specs=", "-flto", "-fabi-version=",
                                             NULL};
static const char *const DROPPED[] = {
    "--specs", "--target", "-fanalyzer", "-fconserve-stack", "-ffat-lto-objects", "-fgnu-unique",
    "-fgraphite-identity", "-fipa-pta", "-fira-loop-pressure", "-fno-fat-lto-objects", "-fno-gnu-unique",
    "-fno-reorder-functions", "-fno-use-linker-plugin", "-fno-var-tracking", "-fno-var-tracking-assignments",
    "-fprofile-partial-training", "-freorder-blocks-and-partition", "-fuse-linker-plugin", "-fvar-tracking",
    "-fvar-tracking-assignments", "-shared-libgcc", "-specs", "-static-libgcc", "-static-libstdc++", "-target", NULL};
static const char *const WITH_OPERAND[] = {
    "--param", "--specs", "--sysroot", "--target", "-A", "-B", "-D", "-F", "-I", "-L", "-MF", "-MQ", "-MT", "-T",
    "-U", "-Xassembler", "-Xclang", "-Xlinker", "-Xpreprocessor", "-aux-info", "-e", "-idirafter", "-imacros",
    "-include", "-iprefix", "-iquote", "-isysroot", "-isystem", "-iwithprefix", "-l", "-mllvm", "-o", "-specs",
    "-target", "-x", NULL};
static const char *const COMPILE_ONLY[] = {"-E", "-M", "-MM", "-S", "-c", "-fsyntax-only", NULL};
static const char *const INCLUDE[] = {"-isystem", "-idirafter", "-iquote", "-I", NULL};
static const char *const CPP_SUFFIXES[] = {".cc", ".cpp", ".cxx", ".c++", ".cp", ".C", ".CPP", ".ii", NULL};
/* Build systems compare this with gcc versions. The compiler of the manylinux2014 image is that old. */
static const char GCC_VERSION[] = "10.2.1";

const char *answer(const List *arguments, const Settings *settings) {
    const char *machine = settings->machine;
    const char *triple = starts(machine, "i386-") ? join("i686", machine + 4) : machine;
    const char *answers[][2] = {
        {"-dumpmachine", triple},        {"-dumpversion", GCC_VERSION},     {"-dumpfullversion", GCC_VERSION},
        {"-print-multiarch", machine},   {"-print-multi-os-directory", "."}, {"-print-libgcc-file-name", "libgcc.a"},
        {"-print-target-triple", triple}, {"-print-sysroot", ""},
        {"-print-search-dirs", "install: /\nprograms: =\nlibraries: ="},
    };
    for (size_t i = 0; i < arguments->count; i++) {
        const char *question = arguments->items[i];
        if (starts(question, "--print")) question++;
        for (size_t j = 0; j < sizeof answers / sizeof *answers; j++)
            if (same(question, answers[j][0])) return answers[j][1];
        if (starts(question, "-print-file-name=") || starts(question, "-print-prog-name="))
            return find(question, '=') + 1;
    }
    return NULL;
}

/* Split several linker options in one argument, or one option with a separate operand, into linker tokens. */
static bool add_tokens(List *tokens, const List *arguments, size_t *next) {
    const char *argument = arguments->items[*next];
    bool has_operand = *next + 1 < arguments->count;
    const char *operand = has_operand ? arguments->items[*next + 1] : "";
    if (starts(argument, "-Wl,")) {
        List parts = split(argument + 4, ',');
        for (size_t i = 0; i < parts.count; i++)
            if (*parts.items[i]) add(tokens, parts.items[i]);
        *next += 1;
        return true;
    }
    if (same(argument, "-Xlinker")) {
        if (has_operand) add(tokens, operand);
        *next += 2;
        return true;
    }
    bool is_rpath = starts(argument, "-R");
    if (!same(argument, "-u") && !is_rpath && !starts(argument, "-z")) return false;
    bool is_attached = argument[2];
    add(tokens, is_rpath ? "-rpath" : cut(argument, 2));
    if (is_attached) add(tokens, argument + 2);
    else if (*operand) add(tokens, operand);
    else tokens->count--;
    *next += is_attached ? 1 : 2;
    return true;
}

static bool keeps(const char *option, const char *operand, const Settings *settings) {
    /* zig treats the value of -mtune as the target processor, and the last of these options wins. */
    if (is_processor_option(option) || same(option, "-g0")) return false;
    if (is_any(option, DROPPED) || starts_any(option, DROPPED_STARTS)) return false;
    if (starts(option, "-L")) return keeps_library(operand ? operand : option + 2, settings);
    for (const char *const *include = INCLUDE; *include; include++)
        if (starts(option, *include)) return keeps_include(operand ? operand : option + length(*include), settings);
    return true;
}

static void add_word(List *result, const char *option, const char *operand) {
    if (starts(option, "-Wp,-D") || starts(option, "-Wp,-U")) {
        List parts = split(option + 4, ',');
        add_all(result, &parts);
    } else {
        add(result, option);
        if (operand) add(result, operand);
    }
}

/* The arguments for zig, in order, without those that it rejects or that leak the host. */
static void add_arguments(List *result, const List *arguments, const Settings *settings) {
    List tokens = {0};
    for (size_t next = 0; next < arguments->count;) {
        if (add_tokens(&tokens, arguments, &next)) continue;
        const char *option = arguments->items[next++], *operand = NULL;
        if (is_any(option, WITH_OPERAND) && next < arguments->count) operand = arguments->items[next++];
        if (!keeps(option, operand, settings)) continue;
        add_linker_arguments(result, &tokens, settings);
        tokens.count = 0;
        add_word(result, option, operand);
    }
    add_linker_arguments(result, &tokens, settings);
}

bool takes_operand(const char *option) { return is_any(option, WITH_OPERAND); }

bool is_cpp_source(const char *file) {
    for (const char *const *suffix = CPP_SUFFIXES; *suffix; suffix++)
        if (ends(file, *suffix)) return true;
    return false;
}

bool is_source(const char *file) {
    static const char *const SUFFIXES[] = {".c", ".S", ".s", ".sx", ".i", NULL};
    for (const char *const *suffix = SUFFIXES; *suffix; suffix++)
        if (ends(file, *suffix)) return true;
    return is_cpp_source(file);
}

/* Whether C++ is compiled, which `zig cc` does not do. */
static bool has_cpp(const List *arguments) {
    List ignored = {0};
    for (size_t next = 0; next < arguments->count;) {
        if (add_tokens(&ignored, arguments, &next)) continue;
        const char *option = arguments->items[next++];
        if (same(option, "-xc++")) return true;
        if (is_any(option, WITH_OPERAND)) {
            if (same(option, "-x") && next < arguments->count && same(arguments->items[next], "c++")) return true;
            next++;
            continue;
        }
        if (*option != '-' && is_cpp_source(option)) return true;
    }
    return false;
}

static bool has(const List *arguments, const char *const *wanted) {
    for (size_t i = 0; i < arguments->count; i++)
        if (is_any(arguments->items[i], wanted)) return true;
    return false;
}

const char *value_of(const char *variable, const char *const *environment) {
    for (; *environment; environment++)
        if (starts(*environment, variable) && (*environment)[length(variable)] == '=')
            return *environment + length(variable) + 1;
    return "";
}

/* The directories that gcc reads from the environment, as arguments, because zig ignores these variables. */
static void add_environment(List *result, bool is_cpp, const char *const *environment) {
    const char *const variables[][2] = {
        {"CPATH", "-I"}, {is_cpp ? "CPLUS_INCLUDE_PATH" : "C_INCLUDE_PATH", "-isystem"}, {"LIBRARY_PATH", "-L"}};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = value_of(variables[i][0], environment);
        if (!*value) continue;
        List folders = split(value, ':');
        for (size_t j = 0; j < folders.count; j++) {
            add(result, variables[i][1]);
            /* An empty element means the current directory, as in gcc. */
            add(result, *folders.items[j] ? folders.items[j] : ".");
        }
    }
}

/* Whether the last option about debug information enables it. */
static bool wants_debug_information(const List *arguments) {
    static const char *const STARTS[] = {"-g1", "-g2", "-g3", "-ggdb", "-gdwarf", "-gline-", "-gmlt", "-gsplit", NULL};
    bool wants = false;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *option = arguments->items[i];
        if (same(option, "-g0") || same(option, "-ggdb0")) wants = false;
        else if (same(option, "-g") || starts_any(option, STARTS)) wants = true;
    }
    return wants;
}

static bool has_source(const List *arguments) {
    for (size_t next = 0; next < arguments->count;) {
        const char *option = arguments->items[next++];
        if (takes_operand(option)) next++;
        else if (same(option, "-") || (*option != '-' && is_source(option))) return true;
    }
    return has(arguments, COMPILE_ONLY);
}

/* gcc assumes that standard input is C; zig makes no assumption. */
static void add_language(List *result, const List *arguments, bool is_cpp) {
    static const char *const STDIN[] = {"-", NULL}, *const LANGUAGE[] = {"-x", NULL};
    bool has_language = has(arguments, LANGUAGE);
    for (size_t i = 0; i < arguments->count; i++) has_language |= starts(arguments->items[i], "-x");
    if (!has(arguments, STDIN) || has_language) return;
    add(result, "-x");
    add(result, is_cpp ? "c++" : "c");
}

static void add_linking(List *result, const List *arguments, const Settings *settings) {
    static const char *const OPENMP[] = {"-fopenmp", NULL}, *const WHOLE[] = {"-static", "-r", NULL};
    if (has(arguments, COMPILE_ONLY)) return;
    /* zig does not support OpenMP. Without this, linking would succeed, but the import of the library would fail. */
    if (has(arguments, OPENMP)) add(result, "-lomp");
    if (*settings->runtime && !has(arguments, WHOLE)) {
        add(result, "-Wl,--as-needed");
        add(result, settings->runtime);
    }
    /* The debug information of zig's C++ library contains the paths of this computer. */
    if (!wants_debug_information(arguments) && !has_debug_information(arguments)) add(result, "-Wl,--strip-debug");
}

List compiler_call(const char *tool, const List *arguments, const Settings *settings, const char *const *environment) {
    static const char *const STATIC[] = {"-static", NULL};
    static const char *const OTHER_LIBRARY[] = {"-nostdinc++", "-nostdinc", NULL};
    bool is_cpp = same(tool, "c++") || has_cpp(arguments);
    List all = {0}, result = {0};
    add_all(&all, arguments);
    add_environment(&all, is_cpp, environment);
    add(&result, is_cpp ? "c++" : "cc");
    add(&result, "-target");
    add(&result, settings->target);
    /* Many projects print their build date, and gcc does not warn about it. */
    add(&result, "-Wno-date-time");
    /* Without optimization, zig adds checks for undefined behaviour. */
    add(&result, "-fno-sanitize=undefined");
    if (has_source(arguments)) add_implied_features(&result, arguments, settings);
    /* By default zig links musl programs statically, but the interpreter is dynamic. */
    if (holds(settings->target, "-musl") && !has(arguments, STATIC)) add(&result, "-dynamic");
    /* zig adds debug information by default. */
    if (!wants_debug_information(arguments)) add(&result, "-g0");
    add_language(&result, arguments, is_cpp);
    add_arguments(&result, &all, settings);
    if (is_cpp && *settings->cpp_headers && !has(arguments, OTHER_LIBRARY))
        add(&result, join("-I", settings->cpp_headers));
    add_all(&result, &settings->compile);
    add_all(&result, &settings->link);
    add_linking(&result, arguments, settings);
    /* Linking does not need a processor, and zig would compile its libraries again for it. */
    const char *processor = has_source(arguments) ? processor_of(arguments, settings) : settings->cpu;
    add(&result, join("-mcpu=", processor));
    return result;
}
