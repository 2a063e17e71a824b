/*
 * What the programs of the comparison share. Each one answers lines of its standard input with one
 * line of "name=value" words, and ends at end of file, so that none outlives its parent.
 */
#ifndef SELKIE_TWIN_H
#define SELKIE_TWIN_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 512 };

/* Ends the program with a line that the parent reports. */
static inline void fail(const char *what) {
  printf("error %s: %s\n", what, strerror(errno));
  exit(1);
}

static inline int check(int result, const char *what) {
  if (result < 0) {
    fail(what);
  }
  return result;
}

static inline int64_t nanos_of(clockid_t clock) {
  struct timespec now;
  check(clock_gettime(clock, &now), "clock_gettime");
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline int64_t now_nanos(void) {
  return nanos_of(CLOCK_MONOTONIC);
}

static inline void non_blocking(int fd) {
  check(fcntl(fd, F_SETFL, check(fcntl(fd, F_GETFL), "F_GETFL") | O_NONBLOCK), "F_SETFL");
}

/* One line for the parent. */
__attribute__((format(printf, 1, 2))) static inline void answer(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  putchar('\n');
  fflush(stdout);
}

/* The next command; the program ends when there are no more. */
static inline char *next_command(char *line, int size) {
  if (fgets(line, size, stdin) == NULL) {
    exit(0);
  }
  return line;
}

static inline void *sleep_for_ever(void *unused) {
  (void)unused;
  while (pause() < 0) {
  }
  return NULL;
}

/* Ends the program at end of file; idle until then. */
static inline void *await_end(void *unused) {
  char byte;
  (void)unused;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  _exit(0);
}

/*
 * The idle second thread: a process with one thread alone is spared the reference counts of
 * descriptors, which a JVM never is.
 */
static inline void start_thread(void *(*body)(void *)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, NULL) != 0) {
    fail("pthread_create");
  }
}

static inline void raise_descriptor_limit(void) {
  struct rlimit limit;
  check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

#endif
