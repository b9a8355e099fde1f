// The tensors of one module in a file of Kohya's, LyCORIS' or diffusers' → one pair that computes the same.

import type { AdapterTensor } from "../../adapter.ts";
import { hadamardPair } from "./hadamard-pair.ts";
import { kroneckerPair } from "./kronecker-pair.ts";
import { excessOf, type ModuleParts, type PlainPair, type Reason, scaleOf } from "./module-parts.ts";

/** The pair, or why there is none. */
export function plainPair(parts: ModuleParts): PlainPair | Reason {
  const names = [...parts.keys()];
  if (names.some((name) => name.startsWith("hada"))) return hadamardPair(parts);
  if (names.some((name) => name.startsWith("lokr"))) return kroneckerPair(parts);
  const [a, b, mid] = [parts.get("a"), parts.get("b"), parts.get("mid")];
  if (a === undefined || b === undefined) return { problem: `has no ${a === undefined ? "down" : "up"} half` };
  const pair = { a, b, scale: scaleOf(parts, a.shape[0] ?? 1) };
  return mid === undefined ? pair : withMiddle(pair, mid);
}

/** A convolution in three (Tucker): down [rank, channels, 1, 1], mid [rank, rank, height, width], up. Down and mid become one. */
function withMiddle({ a, b, scale }: PlainPair, mid: AdapterTensor): PlainPair | Reason {
  const [rank = 0, channels = 0, ...one] = a.shape;
  const [rows = 0, inner = 0, height = 0, width = 0] = mid.shape;
  if (mid.shape.length !== 4 || one.some((size) => size !== 1) || inner !== rank || rows !== rank)
    return { problem: `has a middle of shape [${mid.shape.join(", ")}], which its rank of ${rank} does not fit` };
  const places = height * width;
  const excess = excessOf(rank, channels * places);
  if (excess !== undefined) return excess;
  const values = new Float32Array(rank * channels * places);
  for (let row = 0; row < rank; row++)
    for (let channel = 0; channel < channels; channel++)
      for (let place = 0; place < places; place++) {
        let sum = 0;
        for (let k = 0; k < rank; k++)
          sum += mid.values[(row * rank + k) * places + place]! * a.values[k * channels + channel]!;
        values[(row * channels + channel) * places + place] = sum;
      }
  return { a: { shape: [rank, channels, height, width], values }, b, scale };
}
