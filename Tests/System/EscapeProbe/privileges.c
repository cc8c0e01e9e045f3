/* Rights that only root has, sockets that only root can open, and what belongs to the kernel. */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- network ---- */

static int open_socket(int family, int type, int protocol) {
    int descriptor = socket(family, type | SOCK_CLOEXEC, protocol);
    if (descriptor < 0) return errno;
    close(descriptor);
    return 0;
}

static int raw_socket(surroundings *where) { (void)where; return open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static int packet_socket(surroundings *where) { (void)where; return open_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }

static int low_port(surroundings *where) {
    (void)where;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(987)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return BROKEN;
    int result = error_of(bind(descriptor, (struct sockaddr *)&address, sizeof address));
    close(descriptor);
    return result;
}

const attempt network_attempts[] = {
    {"open a raw socket", raw_socket},
    {"open a packet socket", packet_socket},
    {"listen on a port of root", low_port},
    {NULL, NULL},
};

/* ---- rights; in a child, which ends with what it got ---- */

static int set_root(void) { return error_of(setresuid(0, 0, 0)); }
static int set_groups(void) { gid_t root = 0; return error_of(setgroups(1, &root)); }
static int new_user_namespace(void) { return error_of(unshare(CLONE_NEWUSER)); }
static int new_network_namespace(void) { return error_of(unshare(CLONE_NEWNET)); }
static int change_root(void) { return error_of(chroot("/usr")); }
static int nicer(void) { return error_of(setpriority(PRIO_PROCESS, 0, -5)); }
static int personality_that_executes(void) { return error_of(personality(READ_IMPLIES_EXEC)); }

static int real_time(void) {
    struct sched_param parameters = {.sched_priority = 1};
    return error_of(sched_setscheduler(0, SCHED_FIFO, &parameters));
}

static int dump_core(void) {
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    return error_of(setrlimit(RLIMIT_CORE, &limit));
}

static int become_root(surroundings *where) { return in_child(where, set_root); }
static int join_group(surroundings *where) { return in_child(where, set_groups); }
static int make_user_namespace(surroundings *where) { return in_child(where, new_user_namespace); }
static int make_network_namespace(surroundings *where) { return in_child(where, new_network_namespace); }
static int leave_root_folder(surroundings *where) { return in_child(where, change_root); }
static int raise_priority(surroundings *where) { return in_child(where, nicer); }
static int run_in_real_time(surroundings *where) { return in_child(where, real_time); }
static int change_personality(surroundings *where) { return in_child(where, personality_that_executes); }
static int raise_limit(surroundings *where) { return in_child(where, dump_core); }
static int signal_init(surroundings *where) { (void)where; return error_of(kill(1, 0)); }

const attempt privilege_attempts[] = {
    {"become root", become_root},
    {"join the group of root", join_group},
    {"make a user namespace", make_user_namespace},
    {"make a network namespace", make_network_namespace},
    {"change the root folder", leave_root_folder},
    {"raise the priority", raise_priority},
    {"run in real time", run_in_real_time},
    {"change the personality", change_personality},
    {"allow core dumps", raise_limit},
    {"signal PID 1", signal_init},
    {NULL, NULL},
};

/* ---- the kernel ---- */

/* To what it is. */
static int set_clock(surroundings *where) {
    (void)where;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return BROKEN;
    return error_of(clock_settime(CLOCK_REALTIME, &now));
}

static int set_host_name(surroundings *where) {
    (void)where;
    char name[256];
    if (gethostname(name, sizeof name) != 0) return BROKEN;
    return error_of(sethostname(name, strlen(name)));
}

static int mount_folder(surroundings *where) {
    int result = error_of(mount("tmpfs", where->state, "tmpfs", 0, ""));
    if (result == 0) umount2(where->state, MNT_DETACH);
    return result;
}

static int read_kernel_log(surroundings *where) {
    (void)where;
    char text[64];
    return error_of(klogctl(3 /* the last messages */, text, sizeof text));
}

/* Of whichever version the control groups are. */
static int move_between_control_groups(surroundings *where) {
    (void)where;
    if (try_open("/sys/fs/cgroup/cgroup.procs", O_WRONLY) == 0) return 0;
    return try_open("/sys/fs/cgroup/systemd/cgroup.procs", O_WRONLY);
}

/* What it is asked for would pass no filter of system calls. */
static int make_io_uring(surroundings *where) {
    (void)where;
    struct io_uring_params parameters = {0};
    long descriptor = syscall(SYS_io_uring_setup, 1, &parameters);
    if (descriptor < 0) return errno;
    close((int)descriptor);
    return 0;
}

const attempt kernel_attempts[] = {
    {"change the clock", set_clock},
    {"change the host's name", set_host_name},
    {"mount", mount_folder},
    {"read the kernel's log", read_kernel_log},
    {"change control groups", move_between_control_groups},
    {"make an io_uring", make_io_uring},
    {NULL, NULL},
};
