package dev.selkie.simulation;

import java.net.InetAddress;

/** One direction between two addresses. */
record Way(InetAddress from, InetAddress to) {}
