/** Other JVMs of this machine with event loops in them, seen from outside. */
package dev.selkie.cli.jvm;
