/*
 * Waits with nanosecond timeouts that the kernel lacks (ENOSYS) or a filter forbids (EPERM), with a
 * line on the standard error for each: REFUSAL says which. All else is the C library's.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

static int refuse(const char *line) {
  if (write(2, line, strlen(line)) < 0) {
    _exit(3);
  }
  errno = REFUSAL;
  return -1;
}

int epoll_pwait2(int queue, void *events, int count, const void *timeout, const void *mask) {
  (void)queue, (void)events, (void)count, (void)timeout, (void)mask;
  return refuse("epoll_pwait2 refused\n");
}

int ppoll(void *set, unsigned long count, const void *timeout, const void *mask) {
  (void)set, (void)count, (void)timeout, (void)mask;
  return refuse("ppoll refused\n");
}
