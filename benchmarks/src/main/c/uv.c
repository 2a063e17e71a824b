/*
 * Timers and wake-ups over libuv.
 *
 * "arm COUNT": with 10,000 others pending, arms and cancels a timer so often.
 * "fire COUNT DEADLINES": arms so many timers over so many milliseconds, and runs the loop until
 * all have expired. Both answer with the CPU time of the process, the set-up of the timers outside.
 * "run PRODUCERS MILLIS": so many threads wake the loop for so long, each by an async handle of its
 * own; answers with the callbacks that ran.
 */
#include "twin.h"

#include <stdatomic.h>
#include <uv.h>

enum { PENDING = 10000, MAX_PRODUCERS = 64 };

static uv_loop_t *loop;
static uv_timer_t *timers;
static long long made;
static long long expired;

static void ok(int status, const char *what) {
  if (status < 0) {
    printf("error %s: %s\n", what, uv_strerror(status));
    exit(1);
  }
}

static void expire(uv_timer_t *timer) {
  (void)timer;
  expired++;
}

/* Timers are made once and set again, as in the Java programs. */
static void make_timers(long long count) {
  if (made >= count) {
    return;
  }
  if (made > 0) {
    printf("error the first command must have the most timers\n");
    exit(2);
  }
  timers = calloc((size_t)count, sizeof *timers);
  for (long long i = 0; i < count; i++) {
    ok(uv_timer_init(loop, &timers[i]), "uv_timer_init");
  }
  made = count;
}

static void arm(long long count) {
  static uv_timer_t pending[PENDING];
  static uv_timer_t timer;
  static int initialized;
  uint32_t random = 1;
  for (int i = 0; i < PENDING; i++) {
    if (!initialized) {
      ok(uv_timer_init(loop, &pending[i]), "uv_timer_init");
    }
    random = random * 1664525u + 1013904223u;
    ok(uv_timer_start(&pending[i], expire, 3600000 + (random >> 8) % 100000, 0), "uv_timer_start");
  }
  if (!initialized) {
    ok(uv_timer_init(loop, &timer), "uv_timer_init");
  }
  initialized = 1;
  int64_t start = nanos_of(CLOCK_PROCESS_CPUTIME_ID);
  for (long long i = 0; i < count; i++) {
    random = random * 1664525u + 1013904223u;
    ok(uv_timer_start(&timer, expire, 3600000 + (random >> 8) % 100000, 0), "uv_timer_start");
    ok(uv_timer_stop(&timer), "uv_timer_stop");
  }
  int64_t cpu = nanos_of(CLOCK_PROCESS_CPUTIME_ID) - start;
  for (int i = 0; i < PENDING; i++) {
    uv_timer_stop(&pending[i]);
  }
  answer("cpu=%lld", (long long)cpu);
}

static void fire(long long count, uint32_t deadlines) {
  uint32_t random = 1;
  make_timers(count);
  expired = 0;
  uv_update_time(loop);
  int64_t start = nanos_of(CLOCK_PROCESS_CPUTIME_ID);
  for (long long i = 0; i < count; i++) {
    random = random * 1664525u + 1013904223u;
    ok(uv_timer_start(&timers[i], expire, 1 + (random >> 8) % deadlines, 0), "uv_timer_start");
  }
  uv_run(loop, UV_RUN_DEFAULT);
  answer("cpu=%lld expired=%lld",
      (long long)(nanos_of(CLOCK_PROCESS_CPUTIME_ID) - start), expired);
}

static uv_async_t asyncs[MAX_PRODUCERS];
static long long ran;
static atomic_int over;

/* How many callbacks of a handle have run, for its producer. */
static _Atomic long long seen[MAX_PRODUCERS];

static void woken(uv_async_t *async) {
  atomic_fetch_add_explicit(&seen[async - asyncs], 1, memory_order_relaxed);
  ran++;
}

/* What is sent before the callback has run would be lost in it: the producer lets the loop go on. */
static void *produce(void *argument) {
  uv_async_t *async = argument;
  _Atomic long long *callbacks = &seen[async - asyncs];
  while (!atomic_load_explicit(&over, memory_order_relaxed)) {
    long long before = atomic_load_explicit(callbacks, memory_order_relaxed);
    ok(uv_async_send(async), "uv_async_send");
    if (atomic_load_explicit(callbacks, memory_order_relaxed) == before) {
      sched_yield();
    }
  }
  return NULL;
}

static void end_of_run(uv_timer_t *timer) {
  (void)timer;
  uv_stop(loop);
}

static void run(int producers, long long millis) {
  static uv_timer_t end;
  pthread_t threads[MAX_PRODUCERS];
  if (producers > MAX_PRODUCERS) {
    errno = EINVAL;
    fail("producers");
  }
  atomic_store(&over, 0);
  ran = 0;
  uv_update_time(loop);
  ok(uv_timer_init(loop, &end), "uv_timer_init");
  ok(uv_timer_start(&end, end_of_run, (uint64_t)millis, 0), "uv_timer_start");
  for (int i = 0; i < producers; i++) {
    ok(uv_async_init(loop, &asyncs[i], woken), "uv_async_init");
  }
  int64_t start = now_nanos();
  for (int i = 0; i < producers; i++) {
    check(-pthread_create(&threads[i], NULL, produce, &asyncs[i]), "pthread_create");
  }
  uv_run(loop, UV_RUN_DEFAULT);
  int64_t nanos = now_nanos() - start;
  atomic_store(&over, 1);
  for (int i = 0; i < producers; i++) {
    pthread_join(threads[i], NULL);
    uv_close((uv_handle_t *)&asyncs[i], NULL);
  }
  uv_close((uv_handle_t *)&end, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  answer("nanos=%lld ran=%lld", (long long)nanos, ran);
}

int main(void) {
  char line[64];
  loop = uv_default_loop();
  answer("ready");
  while (1) {
    long long count;
    long long millis;
    unsigned deadlines;
    char *command = next_command(line, sizeof line);
    if (sscanf(command, "arm %lld", &count) == 1) {
      arm(count);
    } else if (sscanf(command, "fire %lld %u", &count, &deadlines) == 2) {
      fire(count, deadlines);
    } else if (sscanf(command, "run %u %lld", &deadlines, &millis) == 2) {
      run((int)deadlines, millis);
    } else {
      printf("error unknown command\n");
      return 2;
    }
  }
}
