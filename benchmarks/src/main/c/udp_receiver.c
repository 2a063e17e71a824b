/*
 * UDP over recvmmsg and epoll, level-triggered: one wait, then calls of 64 datagrams until one is
 * not full. It asks for the sender's address of each and looks at the number that each bears.
 */
#include "twin.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { DATAGRAMS = 64, ROOM = 2048, EXPECTED = 64, RECEIVE_BUFFER = 4 << 20 };

static struct mmsghdr messages[DATAGRAMS];
static struct iovec vectors[DATAGRAMS];
static struct sockaddr_storage senders[DATAGRAMS];
static char data[DATAGRAMS][ROOM];

static _Atomic int64_t received;
static _Atomic int64_t wrong;
static _Atomic int64_t calls;
static int64_t last = -1;

static int64_t taken(_Atomic int64_t *count) {
  return atomic_load_explicit(count, memory_order_relaxed);
}

/* One thread alone adds. */
static void add(_Atomic int64_t *count, int64_t more) {
  atomic_store_explicit(count, taken(count) + more, memory_order_relaxed);
}

static int bind_to_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int size = RECEIVE_BUFFER;
  int fd = check(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  check(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), "SO_RCVBUF");
  check(bind(fd, (struct sockaddr *)&address, length), "bind");
  check(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
  answer("ready port=%d", ntohs(address.sin_port));
  return fd;
}

/* The datagrams of one call: how many, or -1 for none. */
static int receive(int fd) {
  int n = recvmmsg(fd, messages, DATAGRAMS, 0, NULL);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR) {
      fail("recvmmsg");
    }
    return n;
  }
  int bad = 0;
  for (int i = 0; i < n; i++) {
    uint64_t bytes;
    memcpy(&bytes, data[i], sizeof bytes);
    int64_t number = (int64_t)be64toh(bytes);
    bad += messages[i].msg_len != EXPECTED || number <= last;
    last = number;
    messages[i].msg_hdr.msg_namelen = sizeof senders[i]; /* the rest the kernel leaves as it is */
  }
  add(&received, n);
  add(&wrong, bad);
  add(&calls, 1);
  return n;
}

static void *questions(void *unused) {
  char line[64];
  (void)unused;
  while (1) {
    next_command(line, sizeof line);
    answer("received=%lld wrong=%lld calls=%lld cpu=%lld", (long long)taken(&received),
        (long long)taken(&wrong), (long long)taken(&calls),
        (long long)nanos_of(CLOCK_PROCESS_CPUTIME_ID));
  }
}

int main(void) {
  struct epoll_event event = {.events = EPOLLIN};
  for (int i = 0; i < DATAGRAMS; i++) {
    vectors[i] = (struct iovec){.iov_base = data[i], .iov_len = ROOM};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &senders[i],
        .msg_namelen = sizeof senders[i],
        .msg_iov = &vectors[i],
        .msg_iovlen = 1,
    };
  }
  int queue = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  int fd = bind_to_loopback();
  check(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  start_thread(questions);
  while (1) {
    static struct epoll_event events[BATCH];
    if (epoll_wait(queue, events, BATCH, -1) < 0 && errno != EINTR) {
      fail("epoll_wait");
    }
    while (receive(fd) == DATAGRAMS) {
    }
  }
}
