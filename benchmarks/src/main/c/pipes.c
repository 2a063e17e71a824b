/*
 * The pipes comparison over raw epoll: pipes PIPES ACTIVE
 *
 * "round WRITES": one byte lies in each active pipe; each event reads one byte and, while writes are
 * left, writes one to the next pipe; the round ends when all bytes are read. The answer is the time
 * of the loop and its events.
 */
#include "twin.h"

#include <sys/epoll.h>

struct pipe_end {
  int read;
  int next_write;
  int write;
};

static struct epoll_event events[BATCH];

static void put(int fd) {
  if (write(fd, "e", 1) != 1) {
    fail("write");
  }
}

static void round_of(int queue, struct pipe_end *pipes, int count, int active, long long writes) {
  long long reads = writes + active;
  long long left = reads;
  for (int i = 0; i < active; i++) {
    put(pipes[(long)i * count / active].write);
  }
  int64_t start = now_nanos();
  while (left > 0) {
    int n = epoll_wait(queue, events, BATCH, -1);
    if (n < 0 && errno != EINTR) {
      fail("epoll_wait");
    }
    for (int i = 0; i < n; i++) {
      struct pipe_end *pipe = events[i].data.ptr;
      char byte;
      if (read(pipe->read, &byte, 1) != 1) {
        fail("read");
      }
      left--;
      if (writes > 0) {
        writes--;
        put(pipe->next_write);
      }
    }
  }
  answer("nanos=%lld events=%lld", (long long)(now_nanos() - start), reads);
}

int main(int argc, char **argv) {
  char line[64];
  if (argc != 3) {
    printf("error usage: pipes PIPES ACTIVE\n");
    return 2;
  }
  int count = atoi(argv[1]);
  int active = atoi(argv[2]);
  raise_descriptor_limit();
  start_thread(sleep_for_ever);
  struct pipe_end *pipes = calloc((size_t)count, sizeof *pipes);
  int queue = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  for (int i = 0; i < count; i++) {
    int fds[2];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &pipes[i]};
    check(pipe2(fds, O_NONBLOCK | O_CLOEXEC), "pipe2");
    pipes[i].read = fds[0];
    pipes[i].write = fds[1];
    pipes[(i + count - 1) % count].next_write = fds[1];
    check(epoll_ctl(queue, EPOLL_CTL_ADD, fds[0], &event), "epoll_ctl");
  }
  answer("ready");
  while (1) {
    long long writes;
    if (sscanf(next_command(line, sizeof line), "round %lld", &writes) != 1) {
      printf("error unknown command\n");
      return 2;
    }
    round_of(queue, pipes, count, active, writes);
  }
}
