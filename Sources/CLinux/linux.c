#define _GNU_SOURCE
#include "linux.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

int kcl_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int kcl_set_thread_name(pthread_t thread, const char *name) { return pthread_setname_np(thread, name); }

int kcl_condition_uses_monotonic_clock(pthread_condattr_t *attributes) {
    return pthread_condattr_setclock(attributes, CLOCK_MONOTONIC);
}

int kcl_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int kcl_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
