// Attention's shaders: the output with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022, "FlashAttention"), and
// the gradients, for which the weights are computed again from their rows' largest scores and sums: a logarithm of the sum, added to a score
// of 1e30, would be lost.

import { sumOfLanes } from "../gpu-kernel.ts";
import { addWeighted, changeSums, declareSums, eachOther, product, storeSums, vectorOf } from "./tile-products.ts";
import { attentionShader, beyondScores, lanes, tileSize, type Variant } from "./tiles.ts";

/**
 * query, key, value → output, and in `rows` for each query its largest score, the sum of exponentials of what scores differ from
 * it, and room for what the gradients of its scores have in common.
 */
export function forwardShader(variant: Variant) {
  const { hasMask, factors, valueSize } = variant;
  const code = () => `
    let head = owned.head;
    chooseHead(owned, head);
    ${declareSums("mixed", valueSize)}
    var most = vec4f(-${beyondScores}); // of the lane's own rows
    var sum = vec4f(); // of its weights
    var seen = vec4f(${hasMask ? 0 : 1});
    let range = keysSeen(owned, ownStart);
    for (var otherStart = range.x; otherStart < range.y; otherStart += ${tileSize}) {
      ${product("weights", "query", "key")}
      var laneMost = vec4f(-${beyondScores});
      ${eachOther(
        "query",
        `${scores(variant)}
        ${hasMask ? "seen = max(seen, vec4f(isSeen(mask_) & !hidden));" : ""}
        laneMost = max(laneMost, select(score, laneMost, hidden));
        weights[slot] = score;`,
      )}
      laneRows[lane] = laneMost;
      workgroupBarrier();
      var next = most;
      ${ofWholeRows("next = max(next, laneRows[row]);")}
      let shrink = exp(most - next);
      most = next;
      sum *= shrink;
      ${eachOther(
        "query",
        `let full = select(exp(weights[slot] - next), vec4f(), isHidden(owned, query, key));
        sum += full;
        weights[slot] = full ${factors ? "* factors(owned, query, key, head)" : ""};`,
      )}
      ${changeSums("mixed", valueSize, (vector, i) => `${vector} * shrink[${i}]`)}
      ${addWeighted("mixed", "weights", "value", valueSize)}
    }
    laneRows[lane] = sum;
    right[lane] = seen;
    workgroupBarrier();
    var total = vec4f();
    var alive = vec4f();
    ${ofWholeRows("total += laneRows[row]; alive = max(alive, right[row]);")}
    ${changeSums("mixed", valueSize, (vector, i) => `select(vec4f(), ${vector} / total[${i}], alive[${i}] > 0)`)}
    ${storeSums("mixed", "output", "dy", valueSize)}
    if (quadColumn == 0) {
      let largest = select(vec4f(${beyondScores}), most, alive > vec4f());
      for (var i = 0u; i < 4; i++) {
        let row = ownStart + 4 * quadRow + i;
        if (row < queries.count) {
          let place = 3 * (queries.first + row * queries.step);
          rows[place] = largest[i];
          rows[place + 1] = total[i];
        }
      }
    }`;
  const reads = ["query", "key", "value"] as const;
  const memory = `var<workgroup> laneRows: array<vec4f, ${lanes}>;`;
  return attentionShader("attention", variant, () => ({
    ownedSide: "query",
    reads,
    outputs: { output: "f32", rows: "f32" } as const,
    code: code(),
    memory,
  }));
}

/** output, dy → in `rows` for each query what the gradients of all its scores have in common. */
export const commonShader = {
  key: "attention gradient, what scores have in common",
  inputs: { output: "f32", dy: "f32" },
  outputs: { rows: "f32" },
  numbers: { valueSize: "u32" },
  lanes,
  declarations: sumOfLanes(lanes),
  code: `var laneSum = 0.0;
  for (var i = group * numbers.valueSize + lane; i < (group + 1) * numbers.valueSize; i += ${lanes}) {
    laneSum += output[i] * dy[i];
  }
  let sum = sumOfLanes(laneSum, lane);
  if (lane == 0) { rows[3 * group + 2] = sum; }`,
} as const;

/** query, key, value, dy, rows → the gradient of the queries; with `output`, first what `commonShader` computes. */
export function queryGradientShader(variant: Variant, hasOutput: boolean) {
  const { headSize } = variant;
  return attentionShader(`attention gradient of queries ${hasOutput}`, variant, () => ({
    ownedSide: "query",
    reads: ["query", "key", "value", "dy", ...(hasOutput ? (["output"] as const) : [])],
    inputs: hasOutput ? [] : ["rows"],
    outputs: { queryGradient: "f32", ...(hasOutput && { rows: "f32" }) },
    code: `
    let head = owned.head;
    chooseHead(owned, head);
    ${hasOutput ? storeCommon : ""}
    ${declareSums("mixed", headSize)}
    let range = keysSeen(owned, ownStart);
    for (var otherStart = range.x; otherStart < range.y; otherStart += ${tileSize}) {
      ${product("weights", "query", "key")}
      ${product("left", "dy", "value")}
      ${eachOther("query", `${weights(variant)} ${scoreGradients}`)}
      ${addWeighted("mixed", "left", "key", headSize)}
    }
    ${storeSums("mixed", "queryGradient", "query", headSize)}`,
  }));
}

const storeCommon = `
    let first = ownStart + 4 * quadRow;
    var part = vec4f();
    for (var column = quadColumn; column < numbers.valueSize; column += 8) {
      part += ${vectorOf((i) => `outputEntry(first + ${i}, column) * dyEntry(first + ${i}, column)`)};
    }
    left[lane] = part;
    workgroupBarrier();
    if (quadColumn < 4 && first + quadColumn < queries.count) {
      var along = 0.0;
      for (var n = 0u; n < 8; n++) { along += left[quadRow * 8 + n][quadColumn]; }
      rows[3 * (queries.first + (first + quadColumn) * queries.step) + 2] = along;
    }
    storageBarrier();
    workgroupBarrier();`;

/** The same → the gradients of keys, of values, or of both. */
export function keyGradientShader(variant: Variant, of: readonly ("key" | "value")[]) {
  const { headSize, valueSize } = variant;
  const [hasKey, hasValue] = [of.includes("key"), of.includes("value")];
  return attentionShader(`attention gradient of ${of}`, variant, () => ({
    ownedSide: "key",
    reads: hasKey ? ["query", "key", "value", "dy"] : ["query", "key", "dy"],
    inputs: ["rows"],
    outputs: Object.fromEntries(of.map((name) => [`${name}Gradient`, "f32" as const])),
    code: `
    ${hasKey ? declareSums("mixedQueries", headSize) : ""}
    ${hasValue ? declareSums("mixedDy", valueSize) : ""}
    let range = queriesThatSee(owned, ownStart);
    let sharing = numbers.heads / numbers.keyHeads;
    for (var head = owned.head * sharing; head < (owned.head + 1) * sharing; head++) {
      chooseHead(owned, head);
      for (var otherStart = range.x; otherStart < range.y; otherStart += ${tileSize}) {
        ${product("weights", "key", "query")}
        ${hasKey ? product("left", "value", "dy") : ""}
        ${eachOther("key", `${weights(variant)} ${hasKey ? scoreGradients : ""} weights[slot] = weight;`)}
        ${hasValue ? addWeighted("mixedDy", "weights", "dy", valueSize) : ""}
        ${hasKey ? addWeighted("mixedQueries", "left", "query", headSize) : ""}
      }
    }
    ${hasKey ? storeSums("mixedQueries", "keyGradient", "key", headSize) : ""}
    ${hasValue ? storeSums("mixedDy", "valueGradient", "value", valueSize) : ""}`,
  }));
}

/** `score` of the lane's own rows with one other, from its product in `weights`. */
function scores({ hasMask }: Variant): string {
  return `let hidden = isHidden(owned, query, key);
    ${hasMask ? "let mask_ = masks(owned, query, key, head);" : ""}
    let score = boundedScores(weights[slot]) ${hasMask ? "+ bounded(mask_)" : ""};`;
}

/** Computed again: the whole weights `full`, and `weight`, of which some may be dropped. */
function weights(variant: Variant): string {
  return `${scores(variant)}
    let row = 3 * (queries.first + min(query, vec4u(queries.count - 1)) * queries.step);
    let exponentials = exp(score - ${vectorOf((i) => `rows[row[${i}]]`)});
    let full = select(exponentials / ${vectorOf((i) => `rows[row[${i}] + 1]`)}, vec4f(), hidden);
    let factor = ${variant.factors ? "factors(owned, query, key, head)" : "vec4f(1)"};
    let weight = full * factor;`;
}

/** From those of the weights in `left`: the gradients of the products of query and key. */
const scoreGradients = `let shared_ = ${vectorOf((i) => `rows[row[${i}] + 2]`)};
    left[slot] = (left[slot] * weight - full * shared_) * slopes(weights[slot]);`;

/** Statements for each `row` of `laneRows` that belongs to the lane's own rows. */
function ofWholeRows(statements: string): string {
  return `for (var row = quadRow * 8; row < quadRow * 8 + 8; row++) { ${statements} }`;
}
