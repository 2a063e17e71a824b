/** What {@code selkie watch} does: one thread and one queue wait for whatever was asked for. */
package dev.selkie.cli.watch;
