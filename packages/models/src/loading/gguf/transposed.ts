// GPT-2's matrices, which GGUF turns.

/** [columns, rows] → [rows, columns] */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[row * columns + column] = values[column * rows + row]!;
  return result;
}
