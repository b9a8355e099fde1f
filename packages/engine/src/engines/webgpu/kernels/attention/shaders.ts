// Attention's shaders: the output with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022, "FlashAttention"), and
// the gradients, for which the weights are computed again from the logarithms of their rows' sums.

import { sumOfLanes } from "../gpu-kernel.ts";
import {
  addWeighted,
  attentionShader,
  beyondScores,
  changeSums,
  declareSums,
  eachRow,
  lanes,
  product,
  type Side,
  shareWeights,
  storeSums,
  type Variant,
  vectorOf,
} from "./tiles.ts";

/** query, key, value → output, and for each query the logarithm of its sum of exponentials. */
export function forwardShader(variant: Variant) {
  const { hasMask, drops, valueSize } = variant;
  const largest = (i: number) => `max(max(shown_${i}.x, shown_${i}.y), max(shown_${i}.z, shown_${i}.w))`;
  const code = `
    let head = place.head;
    chooseHead(place, head);
    ${declareSums("mixed", valueSize)}
    var most = vec4f(-${beyondScores});
    var sum = vec4f();
    var seen = vec4f(${hasMask ? 0 : 1});
    let range = keysSeen(place, own);
    for (var other = range.x; other < range.y; other += 32) {
      ${product("products", "query", "key")}
      ${eachRow(
        (i) => `${scores("query", variant, i)}
        ${hasMask ? `seen[${i}] = max(seen[${i}], f32(any(isSeen(mask_${i}) & !hidden_${i})));` : ""}
        let shown_${i} = select(score_${i}, vec4f(-${beyondScores}), hidden_${i});`,
      )}
      ${ofWholeRows("tileMost", vectorOf(largest), (first, second) => `max(${first}, ${second})`)}
      let next = max(most, tileMost);
      let shrink = exp(most - next);
      most = next;
      ${eachRow(
        (i) => `let full_${i} = select(exp(score_${i} - next[${i}]), vec4f(), hidden_${i});
        let weight_${i} = full_${i} ${drops ? `* keptFactors(place, query_${i}, key_${i}, head)` : ""};`,
      )}
      sum = sum * shrink + ${vectorOf((i) => `dot(full_${i}, vec4f(1))`)};
      ${shareWeights("weight")}
      ${changeSums("mixed", valueSize, (vector, i) => `${vector} * shrink[${i}]`)}
      ${addWeighted("mixed", "value", valueSize)}
    }
    ${ofWholeRows("total", "sum", (first, second) => `${first} + ${second}`)}
    ${ofWholeRows("alive", "seen", (first, second) => `max(${first}, ${second})`)}
    ${changeSums("mixed", valueSize, (vector, i) => `select(vec4f(), ${vector} / total[${i}], alive[${i}] > 0)`)}
    ${storeSums("mixed", "output", "dy", valueSize)}
    ${eachRow(
      (i) => `if (quadColumn == 0 && own + 4 * quadRow + ${i} < queries.count) {
      sums[queries.first + (own + 4 * quadRow + ${i}) * queries.step] =
        select(${beyondScores}, most[${i}] + log(total[${i}]), alive[${i}] > 0);
    }`,
    )}`;
  const reads = ["query", "key", "value"] as const;
  const memory = `var<workgroup> laneRows: array<vec4f, ${lanes}>;`;
  return attentionShader("attention", variant, {
    ...{ own: "query", reads, outputs: { output: "f32", sums: "f32" } as const, code, memory },
  });
}

/** output, dy and sums → for each query its sum of exponentials, and what the gradients of all its scores have in common. */
export const commonShader = {
  key: "attention gradient, what scores have in common",
  inputs: { output: "f32", dy: "f32", sums: "f32" },
  outputs: { rows: "f32" },
  numbers: { valueSize: "u32" },
  lanes,
  declarations: sumOfLanes(lanes),
  code: `var own = 0.0;
  for (var i = group * numbers.valueSize + lane; i < (group + 1) * numbers.valueSize; i += ${lanes}) {
    own += output[i] * dy[i];
  }
  let sum = sumOfLanes(own, lane);
  if (lane == 0) { rows[2 * group] = sums[group]; rows[2 * group + 1] = sum; }`,
} as const;

/** query, key, value, dy, rows → the gradient of the queries. */
export function queryGradientShader(variant: Variant) {
  const { headSize } = variant;
  return attentionShader("attention gradient of queries", variant, {
    own: "query",
    reads: ["query", "key", "value", "dy"],
    inputs: ["rows"],
    outputs: { queryGradient: "f32" } as const,
    code: `
    let head = place.head;
    chooseHead(place, head);
    ${declareSums("mixed", headSize)}
    let range = keysSeen(place, own);
    for (var other = range.x; other < range.y; other += 32) {
      ${product("products", "query", "key")}
      ${eachRow((i) => weights("query", variant, i))}
      ${product("weightGradients", "dy", "value")}
      ${eachRow((i) => scoreGradients(i))}
      ${shareWeights("gradient")}
      ${addWeighted("mixed", "key", headSize)}
    }
    ${storeSums("mixed", "queryGradient", "query", headSize)}`,
  });
}

/** The same → the gradients of keys, of values, or of both. */
export function keyGradientShader(variant: Variant, of: readonly ("key" | "value")[]) {
  const { headSize, valueSize } = variant;
  const [hasKey, hasValue] = [of.includes("key"), of.includes("value")];
  return attentionShader(`attention gradient of ${of}`, variant, {
    own: "key",
    reads: hasKey ? ["query", "key", "value", "dy"] : ["query", "key", "dy"],
    inputs: ["rows"],
    outputs: Object.fromEntries(of.map((name) => [`${name}Gradient`, "f32" as const])),
    code: `
    ${hasKey ? declareSums("mixedQueries", headSize) : ""}
    ${hasValue ? declareSums("mixedDy", valueSize) : ""}
    let range = queriesThatSee(place, own);
    let shared_ = numbers.heads / numbers.keyHeads;
    for (var head = place.head * shared_; head < (place.head + 1) * shared_; head++) {
      chooseHead(place, head);
      for (var other = range.x; other < range.y; other += 32) {
        ${product("products", "key", "query")}
        ${eachRow((i) => weights("key", variant, i))}
        ${hasValue ? `${shareWeights("weight")} ${addWeighted("mixedDy", "dy", valueSize)}` : ""}
        ${
          hasKey
            ? `${product("weightGradients", "value", "dy")}
        ${eachRow((i) => scoreGradients(i))}
        ${shareWeights("gradient")}
        ${addWeighted("mixedQueries", "query", headSize)}`
            : ""
        }
      }
    }
    ${hasKey ? storeSums("mixedQueries", "keyGradient", "key", headSize) : ""}
    ${hasValue ? storeSums("mixedDy", "valueGradient", "value", valueSize) : ""}`,
  });
}

/** `score_i` of the lane's own row i with four others, and the `query_i` and `key_i` of each. */
function scores(own: Side, { hasMask }: Variant, i: number): string {
  const [mine, others] = [`vec4u(own + 4 * quadRow + ${i})`, "other + 4 * quadColumn + vec4u(0, 1, 2, 3)"];
  return `let query_${i} = ${own === "query" ? mine : others};
    let key_${i} = ${own === "query" ? others : mine};
    let hidden_${i} = isHidden(place, query_${i}, key_${i});
    ${hasMask ? `let mask_${i} = masks(place, query_${i}, key_${i}, head);` : ""}
    let score_${i} = boundedScores(products[${i}]) ${hasMask ? `+ bounded(mask_${i})` : ""};`;
}

/** Computed again: the whole weights `full_i`, and `weight_i`, of which some may be dropped. */
function weights(own: Side, variant: Variant, i: number): string {
  return `${scores(own, variant, i)}
    let row_${i} = 2 * (queries.first + min(query_${i}, vec4u(queries.count - 1)) * queries.step);
    let full_${i} = select(exp(score_${i} - ${vectorOf((j) => `rows[row_${i}[${j}]]`)}), vec4f(), hidden_${i});
    let factor_${i} = ${variant.drops ? `keptFactors(place, query_${i}, key_${i}, head)` : "vec4f(1)"};
    let weight_${i} = full_${i} * factor_${i};`;
}

/** `gradient_i` of the product of query and key. */
function scoreGradients(i: number): string {
  return `let common_${i} = ${vectorOf((j) => `rows[row_${i}[${j}] + 1]`)};
    let gradient_${i} = (weightGradients[${i}] * weight_${i} - full_${i} * common_${i}) * slopes(products[${i}]);`;
}

/** `name` becomes what the eight lanes of the same own rows have together. */
function ofWholeRows(name: string, own: string, combine: (first: string, second: string) => string): string {
  return `laneRows[lane] = ${own};
    workgroupBarrier();
    var ${name} = laneRows[quadRow * 8];
    for (var n = 1u; n < 8; n++) { ${name} = ${combine(name, "laneRows[quadRow * 8 + n]")}; }
    workgroupBarrier();`;
}
