/** Ownership of descriptors: closed once, never used after, and the transfer of bytes on them. */
package dev.selkie.descriptor;
