/** "Did you mean": the known word closest to what was typed. */

/**
 * The word of `known` at the smallest edit distance from `typed`, letter case, hyphens and underscores aside; null when none is near
 * (more than a third of its letters differ).
 */
export function nearestWord(typed: string, known: readonly string[]): string | null {
  const plain = (word: string) => word.toLowerCase().replace(/[-_ ]/g, '');
  const wanted = plain(typed);
  if (wanted.length > 40) return null;
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const word of known) {
    const distance = editDistance(wanted, plain(word));
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(word.length / 3))) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, by one row of its table. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
