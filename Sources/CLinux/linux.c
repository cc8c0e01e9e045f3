#define _GNU_SOURCE
#include "linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
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

/* There only in a program that was built with them. */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));
extern void __lsan_do_leak_check(void) __attribute__((weak));
extern int __llvm_profile_write_file(void) __attribute__((weak));

static volatile sig_atomic_t end_code;

static void end_now(int signal) {
    (void)signal;
    _exit(end_code);
}

/* Ends the process with CODE once those seconds are over, whatever this thread waits for: a pipe that nobody reads takes nothing. */
static void end_after(int seconds, int code) {
    end_code = code;
    struct sigaction action = {.sa_handler = end_now};
    sigaction(SIGALRM, &action, NULL);
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    alarm((unsigned)seconds);
}

static void rest(long milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) continue;
}

/* A thread that never returns may hold the stream; its text is lost rather than waited for. */
static void flush(FILE *stream) {
    if (ftrylockfile(stream) != 0) return;
    if (__fpending(stream) > 0) fflush_unlocked(stream);
    funlockfile(stream);
}

static int writes_at_exit(void) {
    return __asan_init || __tsan_init || __lsan_do_leak_check || __llvm_profile_write_file;
}

static struct {
    pid_t process;
    int code;
    const char *text;
    atomic_flag is_ending;
} guarded = {.is_ending = ATOMIC_FLAG_INIT};

/* Run by exit(), on the thread of whoever called it and maybe out of a signal handler. */
static void refuse_exit(void) {
    if (getpid() != guarded.process) return;
    /* Or an exit() of another thread would find nothing left to run, and end the process first. */
    atexit(refuse_exit);
    at_quick_exit(refuse_exit);
    if (atomic_flag_test_and_set(&guarded.is_ending)) {
        rest(3000);
        _exit(guarded.code);
    }
    end_after(2, guarded.code);
    /* The thread of the log writes what it has: the last lines tell what the library was at. */
    rest(150);
    ssize_t written = write(STDERR_FILENO, guarded.text, strlen(guarded.text));
    (void)written;
    _exit(guarded.code);
}

int kcl_guard_exit(int code, const char *text) {
    if (writes_at_exit()) return 0;
    guarded.process = getpid();
    guarded.code = code;
    guarded.text = strdup(text);
    if (!guarded.text) return 1;
    return kcl_guard_exit_again();
}

int kcl_guard_exit_again(void) {
    if (!guarded.text || getpid() != guarded.process) return 0;
    return atexit(refuse_exit) != 0 || at_quick_exit(refuse_exit) != 0;
}

_Noreturn void kcl_end_process(int code) {
    if (writes_at_exit()) exit(code);
    end_after(1, code);
    flush(stdout);
    flush(stderr);
    _exit(code);
}
