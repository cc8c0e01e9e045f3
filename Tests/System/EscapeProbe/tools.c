#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int error_of(long result) { return result == -1 ? errno : 0; }

int try_open(const char *path, int flags) {
    int descriptor = open(path, flags | O_CLOEXEC);
    if (descriptor < 0) return errno;
    close(descriptor);
    return 0;
}

void join(char *path, size_t size, const char *folder, const char *name) { snprintf(path, size, "%s/%s", folder, name); }

int try_file_in(const char *folder) {
    char path[512];
    join(path, sizeof path, folder, "escape-probe");
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return errno;
    close(descriptor);
    unlink(path);
    return 0;
}

static int broken(surroundings *where, const char *what, const char *path) {
    snprintf(where->detail, sizeof where->detail, "%s %s: %s", what, path, strerror(errno));
    return BROKEN;
}

int copy_executable(surroundings *where, const char *from, const char *to) {
    int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0) return broken(where, "cannot read", from);
    unlink(to);
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (target < 0) {
        close(source);
        return broken(where, "cannot write", to);
    }
    char buffer[65536];
    ssize_t count = 0;
    bool whole = true;
    while ((count = read(source, buffer, sizeof buffer)) > 0) whole = whole && write(target, buffer, (size_t)count) == count;
    /* The umask, and that of the worker is strict, has no say in this. */
    whole = whole && count == 0 && fchmod(target, 0755) == 0;
    close(source);
    close(target);
    return whole ? 0 : broken(where, "cannot copy to", to);
}

int in_child(surroundings *where, int (*function)(void)) {
    pid_t child = fork();
    if (child < 0) return broken(where, "cannot make", "a child process");
    if (child == 0) _exit(function());
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    snprintf(where->detail, sizeof where->detail, "the child died of signal %d", WTERMSIG(status));
    return BROKEN;
}
