/* Files of the system and of others. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int write_etc(surroundings *where) { (void)where; return try_file_in("/etc"); }
static int write_configuration(surroundings *where) { (void)where; return try_file_in("/etc/kafka-connect"); }
static int write_connectors(surroundings *where) { (void)where; return try_file_in("/etc/kafka-connect/connectors.d"); }
static int write_packaged_plugins(surroundings *where) { (void)where; return try_file_in("/usr/lib/kafka-connect/plugins"); }
static int write_own_plugins(surroundings *where) { (void)where; return try_file_in("/usr/local/lib/kafka-connect/plugins"); }
static int write_home(surroundings *where) { (void)where; return try_file_in("/home"); }
static int write_var(surroundings *where) { (void)where; return try_file_in("/var/lib"); }
static int write_run(surroundings *where) { (void)where; return try_file_in("/run"); }
static int overwrite_program(surroundings *where) { (void)where; return try_open("/usr/bin/env", O_WRONLY); }
static int read_others_file(surroundings *where) { return try_open(where->others_file, O_RDONLY); }
static int read_shadow(surroundings *where) { (void)where; return try_open("/etc/shadow", O_RDONLY); }
static int read_root_home(surroundings *where) { (void)where; return try_open("/root", O_RDONLY | O_DIRECTORY); }
static int read_environment_of_init(surroundings *where) { (void)where; return try_open("/proc/1/environ", O_RDONLY); }
static int read_memory_of_init(surroundings *where) { (void)where; return try_open("/proc/1/mem", O_RDONLY); }
static int read_kernel_symbols(surroundings *where) { (void)where; return try_open("/proc/kallsyms", O_RDONLY); }

static int make_setuid_file(surroundings *where) {
    char path[512];
    join(path, sizeof path, where->state, "setuid");
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    if (descriptor < 0) return BROKEN;
    int result = error_of(fchmod(descriptor, 04755));
    close(descriptor);
    unlink(path);
    return result;
}

static int make_device(surroundings *where) {
    char path[512];
    join(path, sizeof path, where->state, "device");
    int result = error_of(mknod(path, S_IFCHR | 0600, makedev(1, 3)));
    unlink(path);
    return result;
}

const attempt file_attempts[] = {
    {"write /etc", write_etc},
    {"write the worker's configuration", write_configuration},
    {"write the worker's connectors", write_connectors},
    {"write the packaged plugins", write_packaged_plugins},
    {"write the operator's plugins", write_own_plugins},
    {"overwrite a program", overwrite_program},
    {"write /home", write_home},
    {"write /var/lib", write_var},
    {"write /run", write_run},
    {"read another user's file", read_others_file},
    {"read /etc/shadow", read_shadow},
    {"read the home of root", read_root_home},
    {"read the environment of PID 1", read_environment_of_init},
    {"read the memory of PID 1", read_memory_of_init},
    {"read the kernel's symbols", read_kernel_symbols},
    {"make a setuid file", make_setuid_file},
    {"make a device", make_device},
    {NULL, NULL},
};
