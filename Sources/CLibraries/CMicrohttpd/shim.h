// What Swift needs of libmicrohttpd and of the kernel beside it. The inline functions stand in for variadic ones, which Swift
// cannot call.
#pragma once
#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/un.h>

// The connection's socket, or -1.
static inline int kc_mhd_connection_fd(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

// The peer's address, or NULL.
static inline const struct sockaddr *kc_mhd_peer(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

// The descriptor that becomes readable when MHD_run has something to do, or -1.
static inline int kc_mhd_epoll_fd(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

// Names the calling thread; at most 15 bytes.
static inline void kc_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
