/** Coroutines: methods that await tasks, and the step of the build that makes them so. */
package dev.selkie.coroutines;
