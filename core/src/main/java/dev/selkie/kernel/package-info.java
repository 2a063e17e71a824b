/**
 * The system calls as an interface, with the machine's own kernel behind {@link
 * dev.selkie.kernel.Kernel#system()} and decorators that count, delay and fail calls.
 */
package dev.selkie.kernel;
