/** Facts that anybody may multiply are kept as numbers in columns that grow: a tenth of what objects take, and nothing to collect. */

type Column = Float64Array | Int32Array;

/** A column of at least this length with the same content: itself, or a copy of at least twice its length. */
export function withRoom<T extends Column>(column: T, length: number): T {
  if (length <= column.length) return column;
  const grown = new (column.constructor as new (length: number) => T)(Math.max(length, column.length * 2));
  grown.set(column);
  return grown;
}
