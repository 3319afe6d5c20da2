/** Calls what may throw where nobody can take the error: an error of telemetry must not reach whoever has caused the event. */
export function quietly(act: () => void): void {
  try {
    act()
  } catch {
    // The figure, or the span, is lost.
  }
}
