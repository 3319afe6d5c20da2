/** A pointer that moves less than this is a click, in px. */
const slack = 3

/** Calls back with how far a pointer has been dragged sideways, in px. A drag does not count as a click. */
export function drag(down: PointerEvent, moved: (by: number) => void): void {
  let dragged = false
  const move = (event: PointerEvent) => {
    dragged ||= Math.abs(event.clientX - down.clientX) > slack
    if (dragged) moved(event.clientX - down.clientX)
  }
  const up = () => {
    removeEventListener('pointermove', move)
    removeEventListener('pointerup', up)
    removeEventListener('pointercancel', up)
    if (!dragged) return
    const swallow = (event: Event) => event.stopPropagation()
    addEventListener('click', swallow, { capture: true, once: true })
    // No click follows a release outside of the element where the drag began.
    setTimeout(() => removeEventListener('click', swallow, { capture: true }))
  }
  addEventListener('pointermove', move)
  addEventListener('pointerup', up)
  addEventListener('pointercancel', up)
}
