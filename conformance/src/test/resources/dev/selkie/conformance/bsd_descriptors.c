/*
 * Descriptors in the manner of the BSDs, on Linux: accept passes on O_NONBLOCK of the listener.
 * fcntl fails with EPERM on F_SETFD or F_SETFL while FOLDER has a file of that name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GETFL 3
#define NONBLOCK 04000
#define SETFD 2
#define SETFL 4

int fcntl(int descriptor, int command, long argument) {
  if ((command == SETFD && access(FOLDER "/F_SETFD", F_OK) == 0)
      || (command == SETFL && access(FOLDER "/F_SETFL", F_OK) == 0)) {
    errno = EPERM;
    return -1;
  }
  return (int)syscall(SYS_fcntl, descriptor, command, argument);
}

int accept(int listener, void *address, void *length) {
  int made = (int)syscall(SYS_accept, listener, address, length);
  if (made >= 0 && (syscall(SYS_fcntl, listener, GETFL, 0L) & NONBLOCK) != 0) {
    syscall(SYS_fcntl, made, SETFL, (long)NONBLOCK);
  }
  return made;
}
