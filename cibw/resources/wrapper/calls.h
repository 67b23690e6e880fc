/* How each processor starts a program and calls Linux: `_start` passes the stack pointer to `begin`, and `call` returns
   the kernel's result, which is negative for an error. */

#ifndef CALLS_H
#define CALLS_H

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, EXECVE = 59, EXIT = 231, OPENAT = 257, READLINKAT = 267,
       LIST = 217, UNLINKAT = 263, SYMLINKAT = 266 };
#define START "xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call begin"
#define CALL "syscall"
#define NUMBER "rax"
#define FIRST "rdi"
#define SECOND "rsi"
#define THIRD "rdx"
#define FOURTH "r10"
#define RESULT kind
#define LOST , "rcx", "r11"
#elif defined(__i386__)
enum { READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, EXIT = 252, OPENAT = 295, READLINKAT = 305,
       LIST = 220, UNLINKAT = 301, SYMLINKAT = 304 };
#define START "xor %ebp, %ebp\n mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call begin"
#define CALL "int $0x80"
#define NUMBER "eax"
#define FIRST "ebx"
#define SECOND "ecx"
#define THIRD "edx"
#define FOURTH "esi"
#define RESULT kind
#define LOST
#elif defined(__aarch64__)
enum { OPENAT = 56, CLOSE = 57, READ = 63, WRITE = 64, READLINKAT = 78, EXIT = 94, EXECVE = 221,
       LIST = 61, UNLINKAT = 35, SYMLINKAT = 36 };
#define START "mov x29, xzr\n mov x30, xzr\n mov x0, sp\n b begin"
#define CALL "svc 0"
#define NUMBER "x8"
#define FIRST "x0"
#define SECOND "x1"
#define THIRD "x2"
#define FOURTH "x3"
#define RESULT first
#define LOST
#elif defined(__arm__)
enum { READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, EXIT = 248, OPENAT = 322, READLINKAT = 332,
       LIST = 217, UNLINKAT = 328, SYMLINKAT = 331 };
#define START "mov fp, #0\n mov lr, #0\n mov r0, sp\n bic sp, sp, #7\n bl begin"
#define CALL "svc 0"
#define NUMBER "r7"
#define FIRST "r0"
#define SECOND "r1"
#define THIRD "r2"
#define FOURTH "r3"
#define RESULT first
#define LOST
#elif defined(__riscv)
enum { OPENAT = 56, CLOSE = 57, READ = 63, WRITE = 64, READLINKAT = 78, EXIT = 94, EXECVE = 221,
       LIST = 61, UNLINKAT = 35, SYMLINKAT = 36 };
#define START "mv a0, sp\n andi sp, sp, -16\n tail begin"
#define CALL "ecall"
#define NUMBER "a7"
#define FIRST "a0"
#define SECOND "a1"
#define THIRD "a2"
#define FOURTH "a3"
#define RESULT first
#define LOST
#elif defined(__s390x__)
enum { READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, EXIT = 248, OPENAT = 288, READLINKAT = 298,
       LIST = 220, UNLINKAT = 294, SYMLINKAT = 297 };
#define START "lgr %r2, %r15\n aghi %r15, -160\n brasl %r14, begin"
#define CALL "svc 0"
#define NUMBER "r1"
#define FIRST "r2"
#define SECOND "r3"
#define THIRD "r4"
#define FOURTH "r5"
#define RESULT first
#define LOST
#elif defined(__powerpc64__)
enum { READ = 3, WRITE = 4, CLOSE = 6, EXECVE = 11, EXIT = 234, OPENAT = 286, READLINKAT = 296,
       LIST = 202, UNLINKAT = 292, SYMLINKAT = 295 };
#define START                                                                                                          \
    "0: addis 2, 12, .TOC.-0b@ha\n addi 2, 2, .TOC.-0b@l\n mr 3, 1\n clrrdi 1, 1, 4\n stdu 1, -64(1)\n bl begin\n nop"
#define CALL "sc\n bns+ 1f\n neg 3, 3\n 1:"
#define NUMBER "r0"
#define FIRST "r3"
#define SECOND "r4"
#define THIRD "r5"
#define FOURTH "r6"
#define RESULT first
#define LOST , "cr0", "ctr", "xer", "r7", "r8", "r9", "r10", "r11", "r12"
#else
#error "the wrapper of zig does not know the system calls of this processor"
#endif

__asm__(".globl _start\n_start:\n " START "\n");

static long call(long number, long a, long b, long c, long d) {
    register long kind __asm__(NUMBER) = number;
    register long first __asm__(FIRST) = a;
    register long second __asm__(SECOND) = b;
    register long third __asm__(THIRD) = c;
    register long fourth __asm__(FOURTH) = d;
    /* Some kernels also change the argument registers, and one of these contains the result. */
    __asm__ volatile(CALL : "+r"(kind), "+r"(first), "+r"(second), "+r"(third), "+r"(fourth) : : "memory" LOST);
    return RESULT;
}

#endif
