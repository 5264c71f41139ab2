/** Numbers for people. */

/**
 * An integer with commas between thousands: 1234567 gives `1,234,567`. Not toLocaleString: loading a locale takes as long as
 * diagnosing a small capture.
 * @param n a whole number
 */
export function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
