package dev.selkie.cli.program;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client of the delay server asks for: {@code /1000/hello%20world}.
 *
 * @param millis how long the answer is to wait
 * @param message what the answer is to say
 */
public record DelayRequestLine(long millis, String message) {
  /** The longest delay: a day. */
  public static final long MAX_MILLIS = 86_400_000;

  private static final Pattern PATH = Pattern.compile("/([0-9]{1,8})/([^/?]+)(\\?.*)?");

  /**
   * The request of a path, or null if the path is none.
   *
   * @throws IllegalArgumentException if the path is not well encoded
   */
  static @Nullable DelayRequestLine parse(String uri) {
    Matcher matcher = PATH.matcher(uri);
    if (!matcher.matches()) {
      return null;
    }
    long millis = Long.parseLong(matcher.group(1));
    if (millis > MAX_MILLIS) {
      return null;
    }
    // In a path, unlike in a form, + stands for itself.
    String message = matcher.group(2).replace("+", "%2B");
    return new DelayRequestLine(
        millis, QueryStringDecoder.decodeComponent(message, StandardCharsets.UTF_8));
  }
}
