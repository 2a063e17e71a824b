/** Event loops, and the ways to write a program for them. */
package dev.selkie.runtime;
