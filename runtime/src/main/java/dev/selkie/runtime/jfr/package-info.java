/** What the JVM's flight recorder is told of event loops; docs/runtime.md lists the events. */
package dev.selkie.runtime.jfr;
