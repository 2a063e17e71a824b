package dev.selkie;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Kernel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SlotTableTest {
  private static final Kernel KERNEL = new Kernel() {};

  private final SlotTable<String> table = new SlotTable<>();

  private Registration<String> add(int number) {
    DescriptorLifetime lifetime =
        DescriptorLifetime.ofFile(KERNEL, number, "test", Ownership.BORROWED);
    Registration<String> registration =
        new Registration<>(null, null, lifetime, table.allocate(), "attachment");
    table.put(registration);
    table.index(registration);
    return registration;
  }

  @Test
  void aTokenFindsItsRegistrationUntilItIsRemoved() {
    Registration<String> registration = add(5);
    assertThat(table.find(registration.token())).isSameAs(registration);
    assertThat(table.ofNumber(5)).isSameAs(registration);
    assertThat(table.size()).isOne();
    table.remove(registration);
    assertThat(table.find(registration.token())).isNull();
    assertThat(table.ofNumber(5)).isNull();
    assertThat(table.size()).isZero();
  }

  @Test
  void aReusedSlotHasAnotherToken() {
    Registration<String> old = add(5);
    table.remove(old);
    Registration<String> heir = add(5);
    assertThat((int) heir.token()).as("slot").isEqualTo((int) old.token());
    assertThat(heir.token()).isNotEqualTo(old.token());
    assertThat(table.find(old.token())).isNull();
    assertThat(table.find(heir.token())).isSameAs(heir);
  }

  @Test
  void theNumberStaysWithItsLastRegistration() {
    Registration<String> old = add(5);
    Registration<String> heir = add(5);
    table.remove(old);
    assertThat(table.ofNumber(5)).isSameAs(heir);
  }

  @Test
  void theNextTenantOfASlotHasNotItsOldNumber() {
    Registration<String> old = add(5);
    table.remove(old);
    Registration<String> heir = add(6);
    assertThat((int) heir.token()).as("slot").isEqualTo((int) old.token());
    assertThat(table.ofNumber(5)).isNull();
    assertThat(table.ofNumber(6)).isSameAs(heir);
  }

  @Test
  void foreignTokensFindNothing() {
    add(0);
    for (long token : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1, 1L << 32, -1L << 32}) {
      assertThat(table.find(token)).as("%x", token).isNull();
    }
    assertThat(table.ofNumber(1_000_000)).isNull();
  }

  @Test
  void itGrowsAndKeepsAll() {
    List<Registration<String>> all = new ArrayList<>();
    for (int number = 0; number < 3_000; number++) {
      all.add(add(number));
    }
    Set<Registration<String>> seen = new HashSet<>();
    table.forEach(seen::add);
    assertThat(seen).containsExactlyInAnyOrderElementsOf(all);
    for (Registration<String> registration : all) {
      assertThat(table.find(registration.token())).isSameAs(registration);
    }
  }

  @Test
  void aMillionRoundsLoseNoSlotAndRepeatNoToken() {
    Random random = new Random(11);
    List<Registration<String>> live = new ArrayList<>();
    int highest = 0;
    for (int round = 0; round < 1_000_000; round++) {
      if (live.size() < 50 && (live.isEmpty() || random.nextBoolean())) {
        live.add(add(live.size()));
        highest = Math.max(highest, (int) live.getLast().token());
      } else {
        Registration<String> last = live.removeLast();
        assert table.find(last.token()) == last;
        table.remove(last);
        assert table.find(last.token()) == null;
      }
    }
    assertThat(highest).as("slots used").isLessThan(50);
    assertThat(table.size()).isEqualTo(live.size());
  }
}
