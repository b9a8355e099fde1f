// Tables that a file stores the other way round.

/** Rows and columns that are copied at a time: they fit into a processor's cache. */
const tile = 32;

/** A table [rows, columns] the other way round. */
export function transposed<Kind extends Float32Array | Uint16Array | Uint32Array>(table: Kind, columns: number): Kind {
  const rows = table.length / columns;
  const result = table.slice() as Kind;
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < columns; left += tile)
      for (let row = top; row < Math.min(top + tile, rows); row++)
        for (let column = left; column < Math.min(left + tile, columns); column++)
          result[column * rows + row] = table[row * columns + column]!;
  return result;
}
