/*
 * Just enough of kqueue(2) over epoll(7) to drive the native backend on Linux: the filters of reading
 * and writing, edges, one shots, receipts and timeouts, in the 32-byte layout of macOS and OpenBSD.
 *
 * Each filter watches a duplicate of its descriptor, so that reading and writing are independent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct emulated_kevent32 {
  uint64_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  int64_t data;
  uint64_t udata;
};

enum { READ = -1, WRITE = -2 };
enum {
  ADD = 0x1, DELETE = 0x2, ENABLE = 0x4, DISABLE = 0x8,
  CLEAR = 0x20, RECEIPT = 0x40, DISPATCH = 0x80, FAILED = 0x4000, AT_END = 0x8000
};
enum { LOWAT = 1, MOST = 4096 };

struct knote {
  int used, queue, duplicate, disabled;
  uint32_t generation;
  struct emulated_kevent32 event;
};

static struct knote knotes[MOST];
static int top; /* no knote is at this place or beyond */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int emulated_kqueue(void) { return epoll_create1(0); }

/* What a closed queue watched goes with it; its number may be anybody's by now. */
static void sweep(void) {
  for (int i = 0; i < top; i++) {
    struct epoll_event e = { .events = 0 };
    if (knotes[i].used
        && epoll_ctl(knotes[i].queue, EPOLL_CTL_ADD, knotes[i].duplicate, &e) == 0) {
      epoll_ctl(knotes[i].queue, EPOLL_CTL_DEL, knotes[i].duplicate, NULL);
    } else if (!knotes[i].used || errno == EEXIST) {
      continue;
    }
    knotes[i].used = 0;
    close(knotes[i].duplicate);
  }
}

static uint32_t wanted(const struct knote *k) {
  if (k->disabled) return 0;
  uint32_t bits = k->event.filter == WRITE ? EPOLLOUT
      : k->event.fflags & LOWAT ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP;
  if (k->event.flags & CLEAR) bits |= EPOLLET;
  if (k->event.flags & DISPATCH) bits |= EPOLLONESHOT;
  return bits;
}

static int control(int operation, struct knote *k) {
  struct epoll_event e = {
    .events = wanted(k),
    .data.u64 = (uint64_t) k->generation << 32 | (uint32_t) (k - knotes)
  };
  return epoll_ctl(k->queue, operation, k->duplicate, &e) < 0 ? errno : 0;
}

static int add(int queue, const struct emulated_kevent32 *c) {
  for (int i = 0; i < MOST; i++) {
    struct knote *k = &knotes[i];
    if (k->used) continue;
    int duplicate = fcntl((int) c->ident, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) return errno;
    k->queue = queue;
    k->duplicate = duplicate;
    k->disabled = (c->flags & DISABLE) != 0;
    k->generation++;
    k->event = *c;
    int error = control(EPOLL_CTL_ADD, k);
    if (error) close(duplicate);
    else {
      k->used = 1;
      if (i >= top) top = i + 1;
    }
    return error;
  }
  return ENOMEM;
}

static int change(int queue, const struct emulated_kevent32 *c) {
  if (c->filter != READ && c->filter != WRITE) return EINVAL;
  for (int i = 0; i < MOST; i++) {
    struct knote *k = &knotes[i];
    if (!k->used || k->queue != queue || k->event.ident != c->ident
        || k->event.filter != c->filter) continue;
    if (c->flags & DELETE) {
      k->used = 0;
      control(EPOLL_CTL_DEL, k); /* the close would not: the file lives on */
      close(k->duplicate);
      return 0;
    }
    k->event.udata = c->udata;
    k->event.fflags = c->fflags;
    k->event.data = c->data;
    if (c->flags & DISABLE) k->disabled = 1;
    else if (c->flags & (ADD | ENABLE)) k->disabled = 0;
    else return 0;
    return control(EPOLL_CTL_MOD, k);
  }
  return c->flags & ADD ? add(queue, c) : ENOENT;
}

static int report(const struct epoll_event *e, struct emulated_kevent32 *out) {
  struct knote *k = &knotes[(uint32_t) e->data.u64];
  if (!k->used || k->generation != (uint32_t) (e->data.u64 >> 32)) return 0;
  *out = k->event;
  out->fflags = 0;
  uint32_t end = k->event.filter == READ ? EPOLLRDHUP | EPOLLHUP : EPOLLHUP | EPOLLERR;
  if (e->events & end) out->flags |= AT_END;
  int type;
  socklen_t length = sizeof type;
  if (e->events & EPOLLERR && !getsockopt(k->duplicate, SOL_SOCKET, SO_TYPE, &type, &length)) {
    out->flags |= AT_END;
    out->fflags = EIO; /* which error it is would be taken away by asking */
  }
  if (k->event.flags & DISPATCH) k->disabled = 1;
  return 1;
}

int emulated_kevent32(int queue, const struct emulated_kevent32 *changes, int nchanges,
    struct emulated_kevent32 *events, int nevents, const struct timespec *timeout) {
  int answers = 0;
  pthread_mutex_lock(&lock);
  sweep();
  for (int i = 0; i < nchanges; i++) {
    struct emulated_kevent32 c = changes[i];
    int error = change(queue, &c);
    if (!error && !(c.flags & RECEIPT)) continue;
    if (answers == nevents) {
      if (!error) continue;
      pthread_mutex_unlock(&lock);
      errno = error;
      return -1;
    }
    c.flags |= FAILED;
    c.data = error;
    events[answers++] = c;
  }
  pthread_mutex_unlock(&lock);
  if (answers || !nevents) return answers;
  struct epoll_event ready[512];
  int most = nevents < 512 ? nevents : 512;
  int n = epoll_pwait2(queue, ready, most, timeout, NULL);
  if (n <= 0) return n;
  int count = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < n; i++) count += report(&ready[i], &events[count]);
  pthread_mutex_unlock(&lock);
  return count;
}
