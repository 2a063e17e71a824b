/*
 * The wake comparison over raw epoll and eventfd, two threads.
 *
 * "latency MILLIS": one thread waits, the other one lets it fall asleep, takes the time and wakes
 * it; answers with the time from before the wake to the return of the wait.
 * "pingpong MILLIS": each thread wakes the other and waits; answers with the wakes.
 */
#include "histogram.h"
#include "twin.h"

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { ASLEEP_NANOS = 30000, STALLED_SECONDS = 10 };

struct queue {
  int epoll;
  int event;
};

static struct queue queues[2];
static struct histogram latencies;
static _Atomic int64_t woken_at;
static _Atomic int waiting;
static _Atomic int stop;

static void open_queue(struct queue *q) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  q->epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  q->event = check(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
  check(epoll_ctl(q->epoll, EPOLL_CTL_ADD, q->event, &event), "epoll_ctl");
}

static void wake(struct queue *q) {
  uint64_t one = 1;
  if (write(q->event, &one, sizeof one) != sizeof one) {
    fail("write");
  }
}

static void await(struct queue *q) {
  struct epoll_event events[1];
  while (epoll_wait(q->epoll, events, 1, -1) < 0) {
    if (errno != EINTR) {
      fail("epoll_wait");
    }
  }
}

static void *sleeper(void *unused) {
  (void)unused;
  while (1) {
    atomic_store(&waiting, 1);
    await(&queues[0]);
    int64_t now = now_nanos();
    if (atomic_load(&stop)) {
      return NULL;
    }
    histogram_add(&latencies, now - atomic_load(&woken_at));
  }
}

static void latency(int64_t nanos) {
  pthread_t thread;
  int64_t end = now_nanos() + nanos;
  histogram_clear(&latencies);
  atomic_store(&stop, 0);
  atomic_store(&waiting, 0);
  pthread_create(&thread, NULL, sleeper, NULL);
  while (!atomic_load(&stop)) {
    while (!atomic_load(&waiting)) {
    }
    atomic_store(&waiting, 0);
    int64_t asleep = now_nanos() + ASLEEP_NANOS;
    while (now_nanos() < asleep) {
    }
    atomic_store(&stop, now_nanos() >= end);
    atomic_store(&woken_at, now_nanos());
    wake(&queues[0]);
  }
  pthread_join(thread, NULL);
  answer("wakes=%lld p50=%lld p99=%lld max=%lld", (long long)latencies.count,
      (long long)histogram_at(&latencies, 0.5), (long long)histogram_at(&latencies, 0.99),
      (long long)latencies.max);
}

static void *partner(void *unused) {
  (void)unused;
  int last;
  do {
    await(&queues[1]);
    last = atomic_load(&stop); /* not after the wake: the other thread may set it for the next turn */
    wake(&queues[0]);
  } while (!last);
  return NULL;
}

static void pingpong(int64_t nanos) {
  pthread_t thread;
  int64_t wakes = 0;
  alarm((unsigned)(nanos / 1000000000) + STALLED_SECONDS); /* a lost wake ends the program */
  atomic_store(&stop, 0);
  pthread_create(&thread, NULL, partner, NULL);
  int64_t start = now_nanos();
  int64_t now;
  do {
    now = now_nanos();
    atomic_store(&stop, now - start >= nanos);
    wake(&queues[1]);
    await(&queues[0]);
    wakes += 2;
  } while (!atomic_load(&stop));
  int64_t elapsed = now_nanos() - start;
  pthread_join(thread, NULL);
  alarm(0);
  answer("wakes=%lld nanos=%lld", (long long)wakes, (long long)elapsed);
}

int main(void) {
  char line[64];
  open_queue(&queues[0]);
  open_queue(&queues[1]);
  answer("ready");
  while (1) {
    long long millis;
    char *command = next_command(line, sizeof line);
    if (sscanf(command, "latency %lld", &millis) == 1) {
      latency(millis * 1000000);
    } else if (sscanf(command, "pingpong %lld", &millis) == 1) {
      pingpong(millis * 1000000);
    } else {
      printf("error unknown command\n");
      return 2;
    }
  }
}
