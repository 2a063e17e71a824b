package dev.selkie.runtime;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The addresses of hosts, as a loop finds them. */
final class HostNames {
  private static final List<InetAddress> LOOPBACK =
      List.of(InetAddress.ofLiteral("::1"), InetAddress.ofLiteral("127.0.0.1"));

  private final EventLoop loop;
  private final BlockingWork blocking;
  private final Promises promises;
  private final @Nullable Resolver resolver;

  HostNames(EventLoop loop, BlockingWork blocking, Promises promises, @Nullable Resolver resolver) {
    this.loop = loop;
    this.blocking = blocking;
    this.promises = promises;
    this.resolver = resolver;
  }

  /** Looks a host up; its addresses in the order in which they are to be tried, one at least. */
  CompletableFuture<List<InetAddress>> lookUp(String host) {
    int scope = host.indexOf('%');
    boolean scoped = scope >= 0 && !host.substring(scope + 1).chars().allMatch(Character::isDigit);
    InetAddress literal = literal(scoped ? host.substring(0, scope) : host);
    if (literal != null && !scoped) {
      return CompletableFuture.completedFuture(List.of(literal));
    }
    if (isLocal(host)) {
      return CompletableFuture.completedFuture(LOOPBACK);
    }
    if (resolver == null || literal != null) { // the interface of a scope is the kernel's to know
      return blocking.begin(() -> inOrder(host, ask(host)));
    }
    CompletableFuture<List<InetAddress>> answer = promises.make("look-up of " + host);
    CompletableFuture<List<InetAddress>> asked;
    try {
      asked = resolver.resolve(host);
    } catch (Throwable e) {
      answer.completeExceptionally(e);
      return answer;
    }
    var _ =
        asked.whenComplete((found, failure) -> {
          try {
            if (failure != null) {
              answer.completeExceptionally(failure);
            } else {
              answer.complete(inOrder(host, found));
            }
          } catch (Exception e) { // no address, or null in place of one
            answer.completeExceptionally(e);
          }
        });
    var _ = answer.whenComplete((_, _) -> asked.cancel(false));
    return answer;
  }

  /**
   * The address that it is, without a scope or with a number as its scope; null if it is a name.
   */
  private static @Nullable InetAddress literal(String host) {
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean isLocal(String host) {
    String given = host.toLowerCase(Locale.ROOT);
    String name = given.endsWith(".") ? given.substring(0, given.length() - 1) : given;
    return name.equals("localhost") || name.endsWith(".localhost");
  }

  private List<InetAddress> ask(String host) {
    List<InetAddress> found = new ArrayList<>();
    loop.kernel().names().resolve(host, found::add);
    return found;
  }

  /**
   * The first, and from there on one of the other family and one of this in turn (RFC 8305, section
   * 4): where one of the two has no way out, that is found by one attempt.
   */
  private static List<InetAddress> inOrder(String host, List<InetAddress> found)
      throws UnknownHostException {
    if (found.isEmpty()) {
      throw new UnknownHostException(host);
    }
    List<InetAddress> same = new ArrayList<>();
    List<InetAddress> other = new ArrayList<>();
    for (InetAddress address : found) {
      (address.getClass() == found.getFirst().getClass() ? same : other).add(address);
    }
    List<InetAddress> ordered = new ArrayList<>();
    for (int i = 0; ordered.size() < found.size(); i++) {
      if (i < same.size()) {
        ordered.add(same.get(i));
      }
      if (i < other.size()) {
        ordered.add(other.get(i));
      }
    }
    return ordered;
  }
}
