/** TLS upon connections, by the JDK's {@link javax.net.ssl.SSLEngine}. */
@org.jspecify.annotations.NullMarked
package dev.selkie.runtime.tls;
