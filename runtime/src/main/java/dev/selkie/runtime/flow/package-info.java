/** Reactive streams: views of inputs, outputs and arrivals as {@link java.util.concurrent.Flow}. */
package dev.selkie.runtime.flow;
