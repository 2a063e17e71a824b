/** The machine's own kernel, reached by the Foreign Function and Memory API: all of it is here. */
package dev.selkie.kernel.ffm;
