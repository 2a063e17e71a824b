/** Sources beyond the network: pipes, and whatever else has a descriptor. */
package dev.selkie.source;
