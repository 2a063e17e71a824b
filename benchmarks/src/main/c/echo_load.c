/*
 * The load of the echo comparison: echo_load PORT|PATH CONNECTIONS SERVER_PID, by TCP or by a Unix
 * socket.
 *
 * Closed loop: each connection has one message of 64 bytes under way. "round MILLIS" sends on all
 * connections, goes on for that long, takes in what is under way and answers with the messages
 * echoed, the elapsed time, the CPU time of the server's process (all its threads, user and system,
 * by its CPU clock) in between, and the latencies. Every byte of every answer is compared.
 */
#include "histogram.h"
#include "twin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { MESSAGE = 64, MAX_CONNECTIONS = 16384, STALLED_SECONDS = 10 };

struct connection {
  int fd;
  int received;
  int64_t sent_at;
  uint64_t sequence[MESSAGE / 8];
  char answer[MESSAGE];
};

static struct connection connections[MAX_CONNECTIONS];
static struct histogram latencies;
static int64_t answered;
static int64_t wrong;

static void stalled(int signal) {
  static const char text[] = "error no answer from the server\n";
  (void)signal;
  if (write(STDOUT_FILENO, text, sizeof text - 1) < 0) {
    _exit(2);
  }
  _exit(1);
}

static int connect_to(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
      .sin_port = htons((uint16_t)port),
  };
  int one = 1;
  int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
  check(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
  non_blocking(fd);
  return fd;
}

static int connect_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  check(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
  non_blocking(fd);
  return fd;
}

static void send_message(struct connection *c, int64_t now) {
  for (int i = 0; i < MESSAGE / 8; i++) {
    c->sequence[i]++;
  }
  c->received = 0;
  c->sent_at = now;
  if (send(c->fd, c->sequence, MESSAGE, MSG_NOSIGNAL) != MESSAGE) {
    fail("send");
  }
}

/* Whether a whole answer has come in. */
static int receive(struct connection *c) {
  ssize_t n = recv(c->fd, c->answer + c->received, (size_t)(MESSAGE - c->received), 0);
  if (n == 0) {
    errno = ECONNRESET;
  }
  if (n <= 0) {
    if (n < 0 && errno == EAGAIN) {
      return 0;
    }
    fail("recv");
  }
  c->received += (int)n;
  return c->received == MESSAGE;
}

static void take(struct connection *c, int64_t now) {
  answered++;
  wrong += memcmp(c->answer, c->sequence, MESSAGE) != 0;
  histogram_add(&latencies, now - c->sent_at);
}

static void round_of(int queue, int count, int64_t nanos, clockid_t server) {
  static struct epoll_event events[BATCH];
  int under_way = count;
  histogram_clear(&latencies);
  answered = 0;
  wrong = 0;
  alarm(STALLED_SECONDS + (unsigned)(nanos / 1000000000));
  int64_t cpu = nanos_of(server);
  int64_t start = now_nanos();
  int64_t end = start + nanos;
  for (int i = 0; i < count; i++) {
    send_message(&connections[i], now_nanos());
  }
  while (under_way > 0) {
    int n = epoll_wait(queue, events, BATCH, -1);
    if (n < 0 && errno != EINTR) {
      fail("epoll_wait");
    }
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (!receive(c)) {
        continue;
      }
      int64_t now = now_nanos();
      take(c, now);
      if (now < end) {
        send_message(c, now);
      } else {
        under_way--;
      }
    }
  }
  int64_t elapsed = now_nanos() - start;
  cpu = nanos_of(server) - cpu;
  alarm(0);
  answer("messages=%lld wrong=%lld nanos=%lld cpu=%lld p50=%lld p99=%lld max=%lld",
      (long long)answered, (long long)wrong, (long long)elapsed, (long long)cpu,
      (long long)histogram_at(&latencies, 0.5), (long long)histogram_at(&latencies, 0.99),
      (long long)latencies.max);
}

int main(int argc, char **argv) {
  char line[64];
  clockid_t server;
  if (argc != 4) {
    printf("error usage: echo_load PORT|PATH CONNECTIONS SERVER_PID\n");
    return 2;
  }
  int count = atoi(argv[2]);
  errno = clock_getcpuclockid(atoi(argv[3]), &server);
  if (errno != 0) {
    fail("clock_getcpuclockid");
  }
  if (count < 1 || count > MAX_CONNECTIONS) {
    errno = EINVAL;
    fail("connections");
  }
  raise_descriptor_limit();
  signal(SIGALRM, stalled);
  int queue = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  alarm(STALLED_SECONDS);
  for (int i = 0; i < count; i++) {
    struct connection *c = &connections[i];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    for (int j = 0; j < MESSAGE / 8; j++) {
      c->sequence[j] = ((uint64_t)i << 40) + ((uint64_t)j << 32);
    }
    c->fd = argv[1][0] == '/' ? connect_at(argv[1]) : connect_to(atoi(argv[1]));
    check(epoll_ctl(queue, EPOLL_CTL_ADD, c->fd, &event), "epoll_ctl");
  }
  alarm(0);
  answer("ready");
  while (1) {
    long long millis;
    if (sscanf(next_command(line, sizeof line), "round %lld", &millis) != 1) {
      printf("error unknown command\n");
      return 2;
    }
    round_of(queue, count, millis * 1000000, server);
  }
}
