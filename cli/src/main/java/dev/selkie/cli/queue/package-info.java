/** The programs on the event queue itself, with deadlines and turns of their own. */
@org.jspecify.annotations.NullMarked
package dev.selkie.cli.queue;
