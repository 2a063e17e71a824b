/* A log-linear histogram of nanoseconds: 64 steps to each power of two, so within 1.6 per cent. */
#ifndef SELKIE_HISTOGRAM_H
#define SELKIE_HISTOGRAM_H

#include <stdint.h>
#include <string.h>

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS, BUCKETS = (64 - STEP_BITS) * STEPS };

struct histogram {
  int64_t count;
  int64_t max;
  uint32_t buckets[BUCKETS];
};

static inline void histogram_clear(struct histogram *h) {
  memset(h, 0, sizeof *h);
}

static inline void histogram_add(struct histogram *h, int64_t value) {
  uint64_t v = value < 0 ? 0 : (uint64_t)value;
  int shift = v < STEPS ? 0 : 63 - __builtin_clzll(v) - STEP_BITS + 1;
  int index = shift == 0 ? (int)v : (int)((v >> shift) + (uint64_t)shift * (STEPS / 2));
  h->buckets[index]++;
  h->count++;
  if (value > h->max) {
    h->max = value;
  }
}

static inline int64_t histogram_at(const struct histogram *h, double fraction) {
  int64_t rank = (int64_t)(fraction * (double)h->count);
  int64_t seen = 0;
  for (int i = 0; i < BUCKETS; i++) {
    seen += h->buckets[i];
    if (seen > rank) {
      int shift = i < STEPS ? 0 : i / (STEPS / 2) - 1;
      return (int64_t)(i - shift * (STEPS / 2)) << shift;
    }
  }
  return h->max;
}

#endif
