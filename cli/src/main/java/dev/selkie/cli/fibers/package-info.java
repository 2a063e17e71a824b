/**
 * The programs by fibers: code in sequence, a fiber a connection, which parks where it has to wait.
 */
@org.jspecify.annotations.NullMarked
package dev.selkie.cli.fibers;
