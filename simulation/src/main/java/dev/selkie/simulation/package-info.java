/**
 * A simulated machine: {@link dev.selkie.simulation.SimulatedKernel} is one host, and {@link
 * dev.selkie.simulation.SimulatedNetwork} is the clock, the seed and the wire that hosts share.
 */
@org.jspecify.annotations.NullMarked
package dev.selkie.simulation;
