/*
 * Echo over raw epoll, level-triggered: one wait a batch, one recv and one send an event.
 * echo_server [PATH], by TCP or by a Unix socket at the path.
 */
#include "twin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

static char buffer[4096];

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  check(bind(listener, (struct sockaddr *)&address, length), "bind");
  check(listen(listener, 4096), "listen");
  check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
  answer("ready port=%d", ntohs(address.sin_port));
  return listener;
}

static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int listener = check(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  check(listen(listener, 4096), "listen");
  answer("ready");
  return listener;
}

static void watch(int queue, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  check(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void accept_all(int queue, int listener, int tcp) {
  int fd;
  int one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    if (tcp) {
      check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
    }
    watch(queue, fd);
  }
  if (errno != EAGAIN) {
    fail("accept4");
  }
}

static void echo(int fd) {
  ssize_t n = recv(fd, buffer, sizeof buffer, 0);
  if (n > 0) {
    /* The load has one message under way on a connection: it fits the send buffer. */
    if (send(fd, buffer, (size_t)n, MSG_NOSIGNAL) != n) {
      fail("send");
    }
  } else if (n == 0 || errno != EAGAIN) {
    close(fd);
  }
}

int main(int argc, char **argv) {
  static struct epoll_event events[BATCH];
  raise_descriptor_limit();
  int queue = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  int listener = argc > 1 ? listen_at(argv[1]) : listen_on_loopback();
  watch(queue, listener);
  start_thread(await_end);
  while (1) {
    int n = epoll_wait(queue, events, BATCH, -1);
    if (n < 0 && errno != EINTR) {
      fail("epoll_wait");
    }
    for (int i = 0; i < n; i++) {
      if (events[i].data.fd == listener) {
        accept_all(queue, listener, argc == 1);
      } else {
        echo(events[i].data.fd);
      }
    }
  }
}
