/** The programs by tasks: work that is polled, by hand or put together of smaller ones. */
@org.jspecify.annotations.NullMarked
package dev.selkie.cli.tasks;
