// How fast dropout's masks are drawn: node --conditions=lowrank-source --import tsx packages/engine/bench/masks.ts
// Factors of 65 536 entries; nanoseconds an entry, the median of 40 runs.

import { hashKey } from "../src/random/hash-key.ts";
import { dropoutMask, factorsByLoops } from "../src/random/masks/dropout-mask.ts";
import { planMask } from "../src/random/masks/segments.ts";

const count = 65_536;
const key = { seed: 7, path: "bench" };

function nanoseconds(run: () => void): string {
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  const median = times.slice(60).sort((one, other) => one - other)[20] ?? Number.NaN;
  return ((median * 1e6) / count).toFixed(2);
}

for (const rate of [0.1, 0.01]) {
  const [now, before] = [dropoutMask({ rate, key }), dropoutMask({ rate, key: { ...key, oldMasks: true } })];
  const kernel = nanoseconds(() => now.factors({ first: 0, count }));
  const loops = nanoseconds(() => factorsByLoops(hashKey(key), planMask(rate), { first: 0, count }));
  const old = nanoseconds(() => before.factors({ first: 0, count }));
  process.stdout.write(`rate ${rate}: kernel ${kernel}, loops ${loops}, old masks ${old}\n`);
}
