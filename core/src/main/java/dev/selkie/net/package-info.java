/** Sources on the network: TCP streams and listeners, UDP sockets, and their options. */
package dev.selkie.net;
