/** The command {@code selkie}. */
@org.jspecify.annotations.NullMarked
module dev.selkie.cli {
  requires dev.selkie.runtime;
  requires info.picocli;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.transport;
  requires jdk.attach;
  requires jdk.jfr;
  requires HdrHistogram;
  requires static org.jspecify;

  opens dev.selkie.cli to
      info.picocli;
}
