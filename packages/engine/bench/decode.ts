// How fast packed weights are decoded: node --conditions=lowrank-source --import tsx packages/engine/bench/decode.ts
// Matrices of 512 × 2048, the pieces of a product; thousand million numbers a second, the median of 40 runs.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { decodeBuffer, decodeInto } from "../src/frozen/decode-into.ts";
import { decodeByLoops } from "../src/packed/decode-loops.ts";
import { packedMatrices } from "../test/packed-matrices.ts";

await tf.setBackend("cpu");
const rows = 512;
const columns = 2048;
const target = decodeBuffer(rows * columns);

function speedOf(run: () => void): string {
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  const median = times.slice(60).sort((one, other) => one - other)[20] ?? Number.NaN;
  return ((rows * columns) / median / 1e6).toFixed(2);
}

for (const [kind, pack] of Object.entries(packedMatrices)) {
  const matrix = pack(rows, columns);
  const part = { firstRow: 0, rows, firstColumn: 0, columns };
  const kernel = speedOf(() => decodeInto(target, matrix, part));
  const loops = speedOf(() => decodeByLoops(target, matrix, part));
  process.stdout.write(`${kind}: kernel ${kernel}, loops ${loops}\n`);
}
