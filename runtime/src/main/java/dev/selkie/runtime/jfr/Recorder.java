package dev.selkie.runtime.jfr;

import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;

/** The JVM's flight recorder: whether it has been used, before which there are no events. */
public final class Recorder {
  /*
   * To load a class of events costs a JVM that does not record 300 ms, since it brings the
   * recorder's metadata with it. So the classes are loaded when the recorder is used for the first
   * time, on the thread that does, and until then a look at one static field is all there is. After
   * a recording the classes stay, and their own look, whether they are enabled, decides.
   */
  private static volatile boolean on;

  private Recorder() {}

  /** Whether events may be wanted: whoever makes one looks before. */
  public static boolean isOn() {
    return on;
  }

  /**
   * Has the recorder, once it is used, record from time to time what loops and connections have
   * counted, and dumps at the begin of a recording that asks for them.
   */
  public static void listen(Runnable loops, Runnable connections, Runnable dumps) {
    try {
      FlightRecorder.addListener(
          new FlightRecorderListener() {
            @Override
            public void recorderInitialized(FlightRecorder recorder) {
              List.of(
                      WaitEvent.class,
                      BatchEvent.class,
                      SlowCallbackEvent.class,
                      SpuriousEvent.class,
                      WakeEvent.class,
                      AcceptEvent.class,
                      ConnectEvent.class,
                      CloseEvent.class,
                      LoopHeldEvent.class)
                  .forEach(FlightRecorder::register);
              FlightRecorder.addPeriodicEvent(LoopStateEvent.class, loops);
              FlightRecorder.addPeriodicEvent(ConnectionStateEvent.class, connections);
              FlightRecorder.addPeriodicEvent(DumpEvent.class, dumps);
              on = true;
            }
          });
    } catch (NoClassDefFoundError e) {
      // An image on the class path without the module jdk.jfr: nothing is recorded.
    }
  }
}
