/** Tasks: work that is polled, and the ways to put it together. */
package dev.selkie.runtime.task;
