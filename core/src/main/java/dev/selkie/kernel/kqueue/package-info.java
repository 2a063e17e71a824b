/** What the BSDs have as filters of kqueue(2) only, as descriptors: each a small kqueue. */
package dev.selkie.kernel.kqueue;
