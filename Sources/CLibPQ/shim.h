// SPDX-License-Identifier: MIT
#ifndef POSTHORN_CLIBPQ_SHIM_H
#define POSTHORN_CLIBPQ_SHIM_H

#include <libpq-fe.h>

// The reactor of PQClient waits with epoll and is woken through an eventfd; Swift's Glibc module map leaves both out.
#include <sys/epoll.h>
#include <sys/eventfd.h>

// PQnoop takes the place of libpq's default notice processor, which writes to standard error.
static inline void posthorn_pq_ignore_notice(void *context, const PGresult *result) {
    (void)context;
    (void)result;
}

#endif
