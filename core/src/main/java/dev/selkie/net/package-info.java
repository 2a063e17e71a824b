/** Sources on the network: TCP streams and listeners, and their options. */
package dev.selkie.net;
