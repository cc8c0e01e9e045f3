/* Memory that is written and executed, programs, and libraries out of folders that can be written. */
#define _GNU_SOURCE
#include "probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int map(int protection, int flags, int descriptor) {
    void *memory = mmap(NULL, PAGE, protection, flags, descriptor, 0);
    if (memory == MAP_FAILED) return errno;
    munmap(memory, PAGE);
    return 0;
}

static int map_writable_executable(surroundings *where) {
    (void)where;
    return map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int make_executable(surroundings *where) {
    (void)where;
    void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return BROKEN;
    int result = error_of(mprotect(memory, PAGE, PROT_READ | PROT_EXEC));
    munmap(memory, PAGE);
    return result;
}

static int execute_file_of_memory(surroundings *where) {
    (void)where;
    int descriptor = memfd_create("escape-probe", MFD_CLOEXEC);
    if (descriptor < 0) return errno;
    int result = ftruncate(descriptor, PAGE) == 0 ? map(PROT_READ | PROT_EXEC, MAP_PRIVATE, descriptor) : BROKEN;
    close(descriptor);
    return result;
}

static int execute_shared_memory(surroundings *where) {
    (void)where;
    int segment = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0700);
    if (segment < 0) return BROKEN;
    void *memory = shmat(segment, NULL, SHM_EXEC);
    int result = memory == (void *)-1 ? errno : 0;
    if (result == 0) shmdt(memory);
    shmctl(segment, IPC_RMID, NULL);
    return result;
}

/* An exit status of 127 is the child's that could not execute. */
static int run_program(const char *path, char *const arguments[]) {
    char *environment[] = {NULL};
    pid_t child = 0;
    int result = posix_spawn(&child, path, NULL, NULL, arguments, environment);
    int status = 0;
    if (result != 0) return result;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ENOEXEC;
}

static int run_shell(surroundings *where) {
    (void)where;
    char *arguments[] = {"sh", "-c", "exit 0", NULL};
    return run_program("/bin/sh", arguments);
}

static int run_shell_by_system(surroundings *where) {
    (void)where;
    return system("exit 0") == 0 ? 0 : ENOEXEC;
}

/* The dynamic linker may be executed, since the worker needs it; it must not run for others what they may not. */
static int run_shell_by_linker(surroundings *where) {
    (void)where;
    char *arguments[] = {"ld.so", "/bin/sh", "-c", "exit 0", NULL};
#if defined(__x86_64__)
    return run_program("/lib64/ld-linux-x86-64.so.2", arguments);
#elif defined(__aarch64__)
    return run_program("/lib/ld-linux-aarch64.so.1", arguments);
#else
    return run_program("/lib/ld-linux-riscv64-lp64d.so.1", arguments);
#endif
}

static int run_service_program(surroundings *where) {
    (void)where;
    char *arguments[] = {"systemd", "--version", NULL};
    return run_program("/usr/lib/systemd/systemd", arguments);
}

static int run_copied_program(surroundings *where) {
    char path[512];
    join(path, sizeof path, where->folder, "copied-true");
    int result = copy_executable(where, "/bin/true", path);
    char *arguments[] = {"copied-true", NULL};
    if (result == 0) result = run_program(path, arguments);
    unlink(path);
    return result;
}

static int load_copied_library(surroundings *where) {
    char path[512];
    join(path, sizeof path, where->folder, "copied-library.so");
    int result = copy_executable(where, where->library, path);
    if (result == 0 && !dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
        result = EACCES;
        const char *text = dlerror();
        snprintf(where->detail, sizeof where->detail, "%s", text ? text : "");
    }
    unlink(path);
    return result;
}

const attempt memory_attempts[] = {
    {"map writable and executable memory", map_writable_executable},
    {"make written memory executable", make_executable},
    {"execute a file of memory", execute_file_of_memory},
    {"execute shared memory", execute_shared_memory},
    {NULL, NULL},
};

const attempt program_attempts[] = {
    {"run a shell", run_shell},
    {"run a shell by system()", run_shell_by_system},
    {"run a shell by the dynamic linker", run_shell_by_linker},
    {"run a program of /usr/lib", run_service_program},
    {NULL, NULL},
};

const attempt folder_attempts[] = {
    {"run a program from", run_copied_program},
    {"load a library from", load_copied_library},
    {NULL, NULL},
};
