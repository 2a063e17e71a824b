/**
 * What the programs of all styles have in common: the protocol of the delay server, counts, and the
 * course of a run.
 */
@org.jspecify.annotations.NullMarked
package dev.selkie.cli.program;
