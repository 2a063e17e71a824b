package dev.selkie.simulation;

import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.UnixAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes with a message of a Unix socket: who sent it, by which name, and the files that it
 * passes, each of which counts as open until the parcel is opened or lost.
 */
record Parcel(UnixSocket sender, @Nullable UnixAddress from, List<OpenFile> files) {
  static Parcel of(UnixSocket sender, @Nullable UnixAddress from, List<OpenFile> files) {
    for (OpenFile file : files) {
      file.descriptors++;
    }
    return new Parcel(sender, from, files);
  }

  /** The same without files, which have gone. */
  Parcel emptied() {
    return new Parcel(sender, from, List.of());
  }

  /** Gives the files descriptors of the receiver, as far as it may have more; the others close. */
  void open(DescriptorTable table, MessageHeader header) {
    ControlData received = header.received();
    for (OpenFile file : files) {
      int number = header.isControlRefused() ? -1 : table.add(file);
      if (number >= 0) {
        received.addDescriptor(number);
      } else {
        received.setTruncated(true);
      }
      file.closeDescriptor();
    }
  }

  /** Nobody gets the files. */
  void lose() {
    for (OpenFile file : files) {
      file.closeDescriptor();
    }
  }
}
