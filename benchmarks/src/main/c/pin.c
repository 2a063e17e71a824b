/* Runs a program on given CPUs, where there is no taskset(1): pin CPU[,CPU] PROGRAM ARGUMENT... */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  cpu_set_t cpus;
  if (argc < 3) {
    fprintf(stderr, "usage: pin CPU[,CPU] PROGRAM ARGUMENT...\n");
    return 2;
  }
  CPU_ZERO(&cpus);
  for (char *at = argv[1]; *at != '\0'; at += *at == ',') {
    char *end;
    long cpu = strtol(at, &end, 10);
    if (end == at) {
      break;
    }
    CPU_SET((int)cpu, &cpus);
    at = end;
  }
  if (sched_setaffinity(0, sizeof cpus, &cpus) < 0) {
    perror("sched_setaffinity");
    return 1;
  }
  execvp(argv[2], argv + 2);
  perror(argv[2]);
  return 127;
}
