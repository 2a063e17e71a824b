/** Everything that goes wrong, at once and for some time: see {@link SoakTest}. */
@org.jspecify.annotations.NullMarked
package dev.selkie.conformance.soak;
