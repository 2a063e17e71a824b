/**
 * The event queue: create it, get a descriptor, register interest, wait, act on what the wait
 * returned.
 */
package dev.selkie;
