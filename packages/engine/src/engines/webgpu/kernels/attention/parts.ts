// What attention's kernels compute, read from a call: one batch of equal rows, or groups of rows of several lengths. Groups
// without masks of their own are computed by the same dispatches.

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type * as tf from "@tensorflow/tfjs-core";
import { causalWindowOf } from "../../../../kernels/causal-order.ts";
import { sizeOf } from "../../../../rows.ts";
import { drawFactors } from "../dropout.ts";
import { type DrawnFactors, type GpuKernelCall, inputOf } from "../gpu-kernel.ts";
import { largestTable, type Side, tileSize, type Variant } from "./tiles.ts";

/** Neighbouring rows of equal length. */
interface Group {
  readonly rows: number;
  /** Tokens before the first row. */
  readonly first: number;
  readonly queryTime: number;
  readonly keyTime: number;
}

/** What some dispatches compute together. */
export interface Part {
  readonly variant: Variant;
  readonly numbers: Readonly<Record<string, number>>;
  readonly groups: readonly Group[];
  readonly mask: tf.TensorInfo | undefined;
  /** Attributes of a draw; undefined where no weight drops out. */
  readonly draw: tf.NamedAttrMap | undefined;
}

/** For the dispatches of a side: the table of groups, and the number of workgroups. */
export function workOf({ groups, numbers, variant }: Part, side: Side): { table: readonly number[]; groups: number } {
  const { heads = 1, keyHeads = 1 } = numbers;
  let count = 0;
  const rows = groups.flatMap(({ rows, first, queryTime, keyTime }) => {
    const start = count;
    const perHead = Math.ceil((side === "query" ? queryTime : keyTime) / tileSize);
    count += rows * (side === "query" ? heads : keyHeads) * perHead;
    return [start, first, queryTime, keyTime];
  });
  const rest = new Array<number>(4 * variant.tableRows - rows.length).fill(0xffffffff);
  return { table: [...rows, ...rest], groups: count };
}

/** Draws what a part's weights are multiplied by; undefined if none drops out. */
export function drawnFor(backend: WebGPUBackend, { draw, groups, numbers }: Part): DrawnFactors | undefined {
  const { heads = 1 } = numbers;
  const count = groups.reduce((sum, { rows, queryTime, keyTime }) => sum + rows * heads * queryTime * keyTime, 0);
  return draw && drawFactors(backend, draw, count);
}

/** Of `LowrankAttention`: query [batch, heads, queryTime, headSize], key and value [batch, keyHeads, keyTime, …]. */
export function partOfBatch(call: GpuKernelCall): readonly Part[] {
  const [query, key, value] = [inputOf(call, "query"), inputOf(call, "key"), inputOf(call, "value")];
  const [batch = 1, heads = 1, queryTime = 1, headSize = 1] = query.shape;
  const [, keyHeads = 1, keyTime = 1] = key.shape;
  const sizes = { heads, keyHeads, headSize, valueSize: value.shape[3] ?? 1, byToken: 0 };
  const groups = [{ rows: batch, first: 0, queryTime, keyTime }];
  return [partOf({ sizes, groups, mask: call.inputs.mask, attributes: call.attributes })];
}

/** Parts of a call of `LowrankGroupAttention`: query, key and value [tokens, …]. */
export function partsOfGroups(call: GpuKernelCall): readonly Part[] {
  const [query, value] = [inputOf(call, "query"), inputOf(call, "value")];
  const { heads, keyHeads, groups: lengths, draws } = call.attributes as unknown as GroupAttributes;
  const tokens = query.shape[0] ?? 1;
  const headSize = sizeOf(query.shape) / tokens / heads;
  const valueSize = sizeOf(value.shape) / tokens / keyHeads;
  const sizes = { heads, keyHeads, headSize, valueSize, byToken: 1 };
  const parts: Part[] = [];
  let first = 0;
  for (let index = 0; 2 * index < lengths.length; index++) {
    const [rows = 0, time = 0] = [lengths[2 * index], lengths[2 * index + 1]];
    const groups = [{ rows, first, queryTime: time, keyTime: time }];
    const attributes = { ...call.attributes, ...(draws[index] ?? { rate: 0 }) };
    const part = partOf({ sizes, groups, mask: call.inputs[`mask${index}`], attributes });
    const last = parts.at(-1);
    if (last !== undefined && canJoin(last, part)) parts[parts.length - 1] = joined(last, part);
    else parts.push(part);
    first += rows * time;
  }
  return parts;
}

interface GroupAttributes {
  readonly heads: number;
  readonly keyHeads: number;
  /** Rows and tokens of a row, in turn. */
  readonly groups: readonly number[];
  readonly draws: readonly tf.NamedAttrMap[];
}

interface PartInputs {
  readonly sizes: Readonly<Record<"heads" | "keyHeads" | "headSize" | "valueSize" | "byToken", number>>;
  readonly groups: readonly Group[];
  readonly mask: tf.TensorInfo | undefined;
  readonly attributes: tf.NamedAttrMap;
}

function partOf({ sizes, groups, mask: given, attributes }: PartInputs): Part {
  const scale = Number(attributes.scale);
  const cap = Number(attributes.cap);
  const window = given && causalWindowOf(given);
  const mask = window === undefined ? given : undefined;
  const draw = Number(attributes.rate) > 0 ? attributes : undefined;
  const { headSize, valueSize } = sizes;
  const [items = 1, maskHeads = 1, maskQueries = 1, keys = 1] = mask?.shape ?? [];
  return {
    variant: {
      hasMask: mask !== undefined,
      hasCap: cap !== 0,
      factors: undefined,
      tableRows: 1,
      headSize,
      valueSize,
    },
    numbers: {
      ...sizes,
      scale,
      cap,
      window: Math.min(window ?? 0, 0x7fffffff),
      maskItem: items === 1 ? 0 : maskHeads * maskQueries * keys,
      maskHead: maskHeads === 1 ? 0 : maskQueries * keys,
      maskQuery: maskQueries === 1 ? 0 : keys,
    },
    groups,
    mask,
    draw,
  };
}

function canJoin(first: Part, second: Part): boolean {
  const isPlain = [first, second].every(({ mask, draw }) => mask === undefined && draw === undefined);
  return isPlain && first.numbers.window === second.numbers.window && first.groups.length < largestTable;
}

/** The table's rows are a power of two, so that few shaders are compiled. */
function joined(first: Part, second: Part): Part {
  const groups = [...first.groups, ...second.groups];
  const tableRows = 2 ** Math.ceil(Math.log2(groups.length));
  return { ...first, groups, variant: { ...first.variant, tableRows } };
}
