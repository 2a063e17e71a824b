/** Comparisons of whole programs with their peers; {@code selkie bench} runs them. */
@org.jspecify.annotations.NullMarked
package dev.selkie.benchmarks;
