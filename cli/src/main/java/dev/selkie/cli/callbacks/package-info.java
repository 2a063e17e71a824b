/**
 * The programs by callbacks: handlers that an event loop calls when a source is ready, and a state
 * for each connection.
 */
@org.jspecify.annotations.NullMarked
package dev.selkie.cli.callbacks;
