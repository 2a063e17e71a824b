/** The contract that every backend and kernel must show, written once. */
@NullMarked
package dev.selkie.conformance;

import org.jspecify.annotations.NullMarked;
