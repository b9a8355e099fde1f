// The learning rate with the lowest loss, found by doubling and halving.

/** In one direction. */
const maxTries = 4;
/** The minimum gain in loss. A method that learns nothing at any rate gains less. */
const minGain = 0.001;

/** The first rate, doubled as long as the loss gets lower, or else halved; four times at most. */
export async function bestRate(first: number, lossAt: (rate: number) => Promise<number>): Promise<number> {
  let best = { rate: first, loss: await lossAt(first) };
  for (const factor of [2, 0.5]) {
    if (best.rate !== first) break;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const next = { rate: best.rate * factor, loss: await lossAt(best.rate * factor) };
      if (!(next.loss < best.loss - minGain)) break;
      best = next;
    }
  }
  return best.rate;
}
