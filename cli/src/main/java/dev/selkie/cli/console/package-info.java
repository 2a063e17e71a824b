/**
 * How a command prints and fails: the same words for this command and for the benchmarks, which
 * have this package on their class path.
 */
@org.jspecify.annotations.NullMarked
package dev.selkie.cli.console;
