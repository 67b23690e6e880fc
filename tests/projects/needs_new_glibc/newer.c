#define _GNU_SOURCE
#include <pthread.h>

/* The symbol is of glibc 2.34 since libpthread went into libc. */
int newer(void)
{
    return pthread_mutexattr_setrobust((pthread_mutexattr_t *)0, 0);
}
