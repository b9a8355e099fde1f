// Attention of a sequence to itself, for every family: how queries, keys and values are projected, whether they rotate
// and whether heads share keys are options.

import { attention, rotary } from "@lowrank/engine";
import type { LinearSite } from "@lowrank/engine/hook-points";
import { forwardTogether } from "@lowrank/engine/hook-points/internal";
import {
  type AttentionInputs,
  attendNext,
  groupAttention,
  hasTokenAttention,
  joinHeads,
  maskedScore,
  splitHeads,
  tokenRotary,
} from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { joinSegments, type KeysAndValues, type KeyValueCache } from "../cache/key-value-cache.ts";
import type { Norm } from "../norm.ts";
import { withWholeRows } from "../packing/shared-tokens.ts";
import type { Layer, Pass } from "../pass.ts";
import { planned } from "../planned.ts";
import { softCap } from "../soft-cap.ts";
import type { Projected, Projection, SelfAttentionOptions } from "./attention-options.ts";
import { planAttention, planFused, planGrouped, planNormed, planSeparate } from "./plan-attention.ts";

export function separateProjections(query: LinearSite, key: LinearSite, value: LinearSite): Projection {
  const project = (hidden: tf.Tensor, { context }: Pass) => {
    const parts = forwardTogether([query, key, value], hidden, context);
    // Three sites give three tensors.
    return { query: parts[0] as tf.Tensor, key: parts[1] as tf.Tensor, value: parts[2] as tf.Tensor };
  };
  return Object.assign(project, { plan: planSeparate(query, key, value) });
}

/** One linear layer whose output is queries, keys and values one after the other. */
export function fusedProjection(site: LinearSite, widths: readonly [number, number, number]): Projection {
  const project = (hidden: tf.Tensor, { context }: Pass) => {
    const [query, key, value] = tf.split(site.forward(hidden, context), [...widths], 2);
    // Three widths give three tensors.
    return { query: query as tf.Tensor, key: key as tf.Tensor, value: value as tf.Tensor };
  };
  return Object.assign(project, { plan: planFused(site, widths) });
}

/** Norms over the whole of the queries and of the keys, all heads together (OLMo 2). */
export function normedProjection(project: Projection, norms: { readonly query: Norm; readonly key: Norm }): Projection {
  const normed = (hidden: tf.Tensor, pass: Pass) => {
    const { query, key, value } = project(hidden, pass);
    return { query: norms.query.forward(query, pass.context), key: norms.key.forward(key, pass.context), value };
  };
  return project.plan === undefined ? normed : Object.assign(normed, { plan: planNormed(project.plan, norms) });
}

/** One linear layer whose output is sorted by key head: its group of queries, its key, its value (GPT-NeoX, Falcon). */
export function groupedProjection(site: LinearSite, keyHeads: number, headSize: number): Projection {
  const project = (hidden: tf.Tensor, { context }: Pass) => {
    const fused = site.forward(hidden, context);
    const [batch = 0, time = 0, features = 0] = fused.shape;
    const groupSize = features / keyHeads - 2 * headSize;
    const byGroup = tf.reshape(fused, [batch, time, keyHeads, features / keyHeads]);
    const parts = tf
      .split(byGroup, [groupSize, headSize, headSize], 3)
      .map((part) => tf.reshape(part, [batch, time, -1]));
    return { query: parts[0] as tf.Tensor, key: parts[1] as tf.Tensor, value: parts[2] as tf.Tensor };
  };
  return Object.assign(project, { plan: planGrouped(site, keyHeads, headSize) });
}

export function selfAttention(options: SelfAttentionOptions): Layer {
  const run: Layer = (hidden, pass) =>
    tf.tidy(() => {
      const projected = options.project(hidden, pass);
      const isNextToken = pass.cache !== undefined && hidden.shape[1] === 1 && !pass.context.training;
      if (isNextToken && pass.cache !== undefined && options.sinks === undefined) {
        const mixed = continued(projected, options, { pass, cache: pass.cache });
        return options.output.forward(throughGate(mixed, projected), pass.context);
      }
      const groups = groupsOf(hidden, options, pass);
      const areTokens = groups.length > 0 || hidden.shape[1] === 1;
      const split = areTokens ? headsOfTokens : splitHeads;
      // [batch, heads, time, headSize], or [tokens, heads, 1, headSize]
      const query = normed(split(projected.query, options.heads), options.queryNorm, pass);
      const key = normed(split(projected.key, options.keyHeads), options.keyNorm, pass);
      const value = split(projected.value, options.keyHeads);
      if (groups.length > 0) {
        const [rotatedQuery, rotatedKey] = tokensRotated([query, key], options, pass);
        const parts = { query: rotatedQuery, key: rotatedKey, value };
        const mixed = withWholeRows(parts, pass, (rows) => attendByGroup(rows, options, groups));
        const joined = tf.reshape(mixed, [hidden.shape[0] ?? 0, hidden.shape[1] ?? 0, -1]);
        return options.output.forward(throughGate(joined, projected), pass.context);
      }
      const fresh = { key: rotated(key, options, pass), value };
      const segments = pass.cache?.extend(options.layer, fresh) ?? [fresh];
      const mixed = attend({ query: rotated(query, options, pass), ...joinSegments(segments) }, options, pass);
      return options.output.forward(throughGate(joinHeads(mixed), projected), pass.context);
    });
  return planned(run, planAttention(options));
}

/** Rows of equal length, whose heads stay where they are. */
interface TokenGroup {
  readonly pass: Pass;
  readonly rows: number;
  readonly time: number;
}

/** The groups of a pass without padding; or the whole batch as one group, where engine and settings allow it; else none. */
function groupsOf(hidden: tf.Tensor, options: SelfAttentionOptions, pass: Pass): readonly TokenGroup[] {
  const { sinks, gradientMask, relativePositions } = options;
  if (pass.groups.length > 0)
    return pass.groups.map((group) => ({ pass: group, rows: group.shape[0], time: group.shape[1] }));
  if (pass.cache !== undefined || sinks !== undefined || gradientMask !== undefined) return [];
  if (!hasTokenAttention() || relativePositions?.isAdapted(pass.context) === true) return [];
  return [{ pass, rows: hidden.shape[0] ?? 0, time: hidden.shape[1] ?? 0 }];
}

function throughGate(mixed: tf.Tensor, { gate }: Projected): tf.Tensor {
  return gate === undefined ? mixed : tf.mul(mixed, tf.sigmoid(gate));
}

/** Attention of one new token after a cache, with as few operations as possible: [batch, 1, heads·headSize]. */
function continued(
  { query, key, value }: Projected,
  options: SelfAttentionOptions,
  { pass, cache }: { readonly pass: Pass; readonly cache: KeyValueCache },
): tf.Tensor {
  const { heads, keyHeads, rotary: frequencies, rotaryInterleaved: interleaved = false } = options;
  const headSize = (query.shape[2] ?? 0) / heads;
  const scale = options.scale ?? 1 / Math.sqrt(headSize);
  const rotate = (x: tf.Tensor, factor: number) =>
    frequencies === undefined ? x : rotateByMatrix(x, pass.rotation(frequencies, { headSize, interleaved, factor }));
  const split = normed(headsOfTokens(query, heads), options.queryNorm, pass);
  const mask = maskOf(options, pass);
  const cap = options.cap ?? null;
  const fresh = {
    key: normed(headsOfTokens(key, keyHeads), options.keyNorm, pass),
    value: headsOfTokens(value, keyHeads),
  };
  const room = mask === undefined && cap === null ? cache.withRoom(options.layer) : undefined;
  const recent = room?.at(-1);
  const rotation = frequencies && pass.rotation(frequencies, { headSize, interleaved, factor: 1 });
  const settled = room?.length === 2 ? room[0] : undefined;
  const next = recent && attendNext({ query: split, fresh, rotation, settled, recent, scale });
  if (next !== undefined) {
    cache.replaceLast(options.layer, next.recent);
    return tf.reshape(next.mixed, query.shape);
  }
  const segments = cache.extend(options.layer, { key: rotate(fresh.key, 1), value: fresh.value });
  // A rotation can stretch as well, which saves a multiplication of its own.
  const scaled = frequencies === undefined ? tf.mul(split, scale) : rotate(split, scale);
  return tf.reshape(attendWithOneQuery({ query: scaled, segments, mask, cap }), query.shape);
}

/** As `splitHeads` of rows of one token each, whose numbers need not move: [batch·time, heads, 1, headSize]. */
function headsOfTokens(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch = 0, time = 0, features = 0] = x.shape;
  return tf.reshape(x, [batch * time, heads, 1, features / heads]);
}

/** x [batch, heads, 1, headSize] by a matrix for all rows, or by one for each: [1 or batch, headSize, headSize]. */
function rotateByMatrix(x: tf.Tensor, rotation: tf.Tensor3D): tf.Tensor {
  const [batch = 0, heads = 0, , headSize = 0] = x.shape;
  const count = rotation.shape[0];
  return tf.reshape(tf.matMul(tf.reshape(x, [count, (batch / count) * heads, headSize]), rotation), x.shape);
}

function normed(x: tf.Tensor, norm: Norm | undefined, pass: Pass): tf.Tensor {
  return norm === undefined ? x : norm.forward(x, pass.context);
}

function rotated(x: tf.Tensor, options: SelfAttentionOptions, pass: Pass): tf.Tensor {
  if (options.rotary === undefined) return x;
  return rotary(x, { ...pass.rotary(options.rotary), interleaved: options.rotaryInterleaved ?? false });
}

/** Queries and keys [tokens, heads, 1, headSize] */
function tokensRotated(
  [query, key]: readonly [tf.Tensor, tf.Tensor],
  { rotary: frequencies, rotaryInterleaved: interleaved = false }: SelfAttentionOptions,
  pass: Pass,
): readonly [tf.Tensor, tf.Tensor] {
  if (frequencies === undefined) return [query, key];
  return tokenRotary(query, key, { ...pass.rotary(frequencies), interleaved });
}

function attend(heads: Projected, options: SelfAttentionOptions, pass: Pass): tf.Tensor {
  const mask = maskOf(options, pass);
  const scale = options.scale ?? 1 / Math.sqrt(heads.query.shape[3] ?? 1);
  const cap = options.cap ?? null;
  const inputs = { ...heads, scale, ...(mask === undefined ? {} : { mask }), ...(cap === null ? {} : { cap }) };
  const isBiasAdapted = options.relativePositions?.isAdapted(pass.context) ?? false;
  const gradientMask = options.gradientMask?.(pass);
  const path = pathOf(options);
  // The fused operation takes its mask for a constant, and has a gradient for every score.
  const sinks = options.sinks?.value(pass.context);
  if (!isBiasAdapted && gradientMask === undefined && sinks === undefined)
    return attention({ ...inputs, dropout: pass.draw(options.dropout, path) });
  return attentionByParts({ ...inputs, gradientMask, sinks }, (weights) => pass.drop(weights, options.dropout, path));
}

/** The key of the dropout draw on the attention weights. */
function pathOf({ output }: SelfAttentionOptions): string {
  return `${output.path}/attention`;
}

/** Heads [tokens, heads, 1, headSize] → [tokens, 1, heads·headSize] */
function attendByGroup(projected: Projected, options: SelfAttentionOptions, tokens: readonly TokenGroup[]): tf.Tensor {
  const { heads, keyHeads, cap } = options;
  if (options.sinks !== undefined) return attendOneByOne(projected, options, tokens);
  const scale = options.scale ?? 1 / Math.sqrt(projected.query.shape[3] ?? 1);
  const groups = tokens.map(({ pass, rows, time }) => {
    return { rows, time, mask: maskOf(options, pass), dropout: pass.draw(options.dropout, pathOf(options)) };
  });
  const bounded = cap === undefined || cap === null ? {} : { cap };
  return groupAttention({ ...projected, heads, keyHeads, groups, scale, ...bounded });
}

/** The same, each group by `attend`. */
function attendOneByOne(projected: Projected, options: SelfAttentionOptions, groups: readonly TokenGroup[]): tf.Tensor {
  const sizes = groups.map(({ rows, time }) => rows * time);
  const split = (x: tf.Tensor) => (sizes.length === 1 ? [x] : tf.split(x, sizes, 0));
  const parts = { query: split(projected.query), key: split(projected.key), value: split(projected.value) };
  const outputs = groups.map(({ pass, rows, time }, index) => {
    const headsOf = (name: keyof typeof parts) => {
      const part = parts[name][index] as tf.Tensor; // one size a group
      const [, heads = 0, , headSize = 0] = part.shape;
      return tf.transpose(tf.reshape(part, [rows, time, heads, headSize]), [0, 2, 1, 3]);
    };
    const mixed = attend({ query: headsOf("query"), key: headsOf("key"), value: headsOf("value") }, options, pass);
    const joined = joinHeads(mixed);
    return tf.reshape(joined, [rows * time, 1, joined.shape[2] ?? 0]);
  });
  return tf.concat(outputs, 0);
}

function maskOf({ relativePositions, alibi, window, mask }: SelfAttentionOptions, pass: Pass) {
  if (relativePositions !== undefined) return relativePositions.mask(pass);
  if (mask !== undefined) return mask(pass);
  return alibi ? pass.slopedMask(alibi) : pass.mask(window ?? undefined);
}

// Attention by plain operations, for cases that the fused operation of the engine does not support: gradients of the mask (trained
// biases), scores without gradients, and sinks.

interface PartInputs extends Omit<AttentionInputs, "dropout"> {
  /** Multiplies the scores: 0 where no gradient may pass, else 1. */
  readonly gradientMask?: tf.Tensor | undefined;
  /** For each head, the score of a sink: its share of a query's attention goes to no value (GPT-OSS). [heads] */
  readonly sinks?: tf.Tensor | undefined;
}

/** As engine's `attention`, with `drop` applied to the weights [batch, heads, queryTime, keyTime]. */
export function attentionByParts(inputs: PartInputs, drop: (weights: tf.Tensor) => tf.Tensor): tf.Tensor {
  const { query, mask, cap, gradientMask, sinks, scale = 1 } = inputs;
  const heads = query.shape[1] ?? 1;
  const key = repeatHeads(inputs.key, heads);
  const value = repeatHeads(inputs.value, heads);
  const unbounded = tf.mul(tf.matMul(query, key, false, true), scale); // [batch, heads, queryTime, keyTime]
  const bounded = cap === undefined ? unbounded : softCap(unbounded, cap);
  const scores = gradientMask === undefined ? bounded : tf.mul(bounded, gradientMask);
  if (sinks !== undefined) return tf.matMul(drop(sharesWithSinks(masked(scores, mask), sinks)), value);
  if (mask === undefined) return tf.matMul(drop(tf.softmax(scores)), value);
  // A query that sees no key would average hidden values; its output is set to 0.
  const seesKey = tf.cast(tf.greater(mask, maskedScore / 2), "float32");
  return tf.matMul(drop(tf.mul(tf.softmax(tf.add(scores, mask)), seesKey)), value);
}

/** A query that sees no key gives all its attention to the sink, not to the mean of the masked values. */
function masked(scores: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor {
  if (mask === undefined) return scores;
  return tf.add(scores, tf.where(tf.greater(mask, -maskedScore), tf.fill(mask.shape, maskedScore), mask));
}

function sharesWithSinks(scores: tf.Tensor, sinks: tf.Tensor): tf.Tensor {
  const [batch = 0, heads = 0, queries = 0, keys = 0] = scores.shape;
  const column = tf.tile(tf.reshape(sinks, [1, heads, 1, 1]), [batch, 1, queries, 1]);
  const shares = tf.softmax(tf.concat([scores, column], 3));
  return tf.slice(shares, [0, 0, 0, 0], [batch, heads, queries, keys]);
}

/** [batch, keyHeads, time, headSize] → [batch, heads, time, headSize], each key head for its group of query heads. */
function repeatHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch = 0, keyHeads = 1, time = 0, headSize = 0] = x.shape;
  if (keyHeads === heads) return x;
  const group = tf.tile(tf.reshape(x, [batch, keyHeads, 1, time, headSize]), [1, 1, heads / keyHeads, 1, 1]);
  return tf.reshape(group, [batch, heads, time, headSize]);
}

// Attention of one new token to a whole cache: no order to keep, no weights to save, four operations for each segment.

interface OneQueryInputs {
  /** Scaled already: [batch, heads, 1, headSize]. */
  readonly query: tf.Tensor;
  /** Oldest first; the token's own key and value are in the last. */
  readonly segments: readonly KeysAndValues[];
  /** Added to the scores: [batch or 1, heads or 1, 1, keyTime]. */
  readonly mask: tf.Tensor | undefined;
  /** Smooth bound of the scores. */
  readonly cap: number | null;
}

/** Returns [batch, heads, 1, headSize]. */
function attendWithOneQuery({ query, segments, mask, cap }: OneQueryInputs): tf.Tensor {
  const [batch = 0, heads = 0, , headSize = 0] = query.shape;
  const keyHeads = segments[0]?.key.shape[1] ?? heads;
  // Heads that share a key become the queries of one product: [batch, keyHeads, group, headSize].
  const grouped = tf.reshape(query, [batch, keyHeads, heads / keyHeads, headSize]);
  const parts = segments.map(({ key }) => tf.matMul(grouped, key, false, true)); // each [batch, keyHeads, group, time]
  const unbounded = parts[0] !== undefined && parts.length === 1 ? parts[0] : tf.concat(parts, 3);
  const scores = cap === null ? unbounded : softCap(unbounded, cap);
  const weights = tf.softmax(mask === undefined ? scores : tf.add(scores, byGroup(mask, keyHeads)));
  return tf.reshape(mix(weights, segments), query.shape);
}

function byGroup(mask: tf.Tensor, keyHeads: number): tf.Tensor {
  const [batch = 1, heads = 1, , time = 0] = mask.shape;
  return heads === 1 ? mask : tf.reshape(mask, [batch, keyHeads, heads / keyHeads, time]);
}

function mix(weights: tf.Tensor, segments: readonly KeysAndValues[]): tf.Tensor {
  const [only] = segments;
  if (only !== undefined && segments.length === 1) return tf.matMul(weights, only.value);
  const times = segments.map(({ value }) => value.shape[2] ?? 0);
  const parts = tf.split(weights, times, 3);
  return tf.addN(segments.map(({ value }, index) => tf.matMul(parts[index] ?? weights, value)));
}
