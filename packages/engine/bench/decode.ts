// How fast packed weights are decoded: node --conditions=lowrank-source --import tsx packages/engine/bench/decode.ts
// Matrices of 512 × 2048, the pieces of a product; the median of 40 runs.

import { decodeInto } from "../src/frozen/decode-into.ts";
import { packedMatrices } from "../test/packed-matrices.ts";

const rows = 512;
const columns = 2048;
const target = new Float32Array(rows * columns);

for (const [kind, pack] of Object.entries(packedMatrices)) {
  const matrix = pack(rows, columns);
  const part = { firstRow: 0, rows, firstColumn: 0, columns };
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    decodeInto(target, matrix, part);
    return performance.now() - start;
  });
  const median = times.slice(60).sort((one, other) => one - other)[20] ?? Number.NaN;
  process.stdout.write(`${kind}: ${((rows * columns) / median / 1e6).toFixed(2)} thousand million numbers a second\n`);
}
