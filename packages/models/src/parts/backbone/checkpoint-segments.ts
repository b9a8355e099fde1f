// Gradient checkpointing by segments of stages (Chen et al. 2016): a segment keeps only its input, and is computed again in
// the backward pass. Dropout takes its key from the context, so the second run drops the same entries.

import type { ForwardContext } from "@lowrank/contracts";
import type { Part } from "@lowrank/engine/hook-points";
import { recompute } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { Pass } from "../pass.ts";
import { runStages, type Stage, type StageList } from "./stages.ts";

/** The stages from the first one with an adapter on, and their input. */
export interface OpenStages {
  /** Index of the first stage that computes with anything but frozen weights; −1 if already the embedding does. */
  readonly open: number;
  /** [batch, time, width]; a constant unless the embedding is open. */
  readonly hidden: tf.Tensor;
  readonly pass: Pass;
}

/** The last hidden states. Throws MODEL_INPUT for a `blocksPerCheckpoint` that is no integer from 1. */
export function runSegments(backbone: StageList, { open, hidden, pass }: OpenStages): tf.Tensor {
  const start = Math.max(open, 0);
  const { blocksPerCheckpoint: size } = pass.context;
  if (size !== undefined && !(Number.isInteger(size) && size >= 1)) {
    throw modelInputError("blocksPerCheckpoint", `${size} is not an integer from 1`);
  }
  // A cache grows with each run, so nothing that fills one can run twice.
  const isKept = size === undefined || pass.holdsCache || !tf.engine().isTapeOn();
  if (isKept) return runStages(backbone.stages.slice(start), hidden, pass);
  const handOver = backbone.decoder?.stage ?? Number.POSITIVE_INFINITY;
  let state = hidden;
  for (let first = start; first < backbone.stages.length; ) {
    const end = segmentEnd(backbone, first, size);
    const segment = { stages: backbone.stages.slice(first, end), hidden: state, pass };
    const isConstant = first === open;
    const source = first > handOver ? { tensor: pass.decoder.source, isConstant: open >= handOver } : undefined;
    state =
      end - first === 1 && isRunOnce(backbone, first) ? runSegment(segment) : twice(segment, { isConstant, source });
    first = end;
  }
  return state;
}

interface Segment {
  readonly stages: readonly Stage[];
  readonly hidden: tf.Tensor;
  readonly pass: Pass;
}

/** Handing over to a decoder has effects, and backward begins with the last stage: it would be computed twice for nothing. */
function isRunOnce({ stages, decoder }: StageList, index: number): boolean {
  return index === decoder?.stage || index === stages.length - 1 || stages[index]?.isRunOnce === true;
}

function segmentEnd(backbone: StageList, first: number, size: number): number {
  let end = first + 1;
  if (isRunOnce(backbone, first)) return end;
  while (end < first + size && !isRunOnce(backbone, end)) end++;
  return end;
}

function runSegment({ stages, hidden, pass }: Segment): tf.Tensor {
  return runStages(stages, hidden, pass);
}

interface SegmentInputs {
  /** Whether no earlier stage is trainable. */
  readonly isConstant: boolean;
  /** The second input of a decoder's stages. */
  readonly source: { readonly tensor: tf.Tensor; readonly isConstant: boolean } | undefined;
}

function twice(segment: Segment, { isConstant, source }: SegmentInputs): tf.Tensor {
  const { stages, hidden, pass } = segment;
  const states = [{ tensor: hidden, isConstant }, ...(source === undefined ? [] : [source])];
  const inputs = states.filter((state) => !state.isConstant).map(({ tensor }) => tensor);
  const variables = trainableIn(
    stages.flatMap(({ parts }) => parts),
    pass.context,
  );
  if (inputs.length + variables.length === 0) return runSegment(segment);
  const constants = [...states.filter((state) => state.isConstant).map(({ tensor }) => tensor), ...pass.borrowed];
  const order = [...inputs, ...constants];
  return recompute({
    inputs,
    constants,
    variables,
    compute: (...savedInputs) => {
      if (!pass.isOver) return runSegment(segment);
      // In the backward pass: the tensors of the first run were disposed of, except those that were kept for it.
      const current = (tensor: tf.Tensor) => savedInputs[order.indexOf(tensor)] ?? tensor;
      const again = pass.again(pass.borrowed.map(current));
      try {
        if (source !== undefined) again.decoder.setSource(current(source.tensor));
        return runStages(stages, current(hidden), again);
      } finally {
        again.dispose();
      }
    },
  });
}

/** Each once: a table may serve several stages. */
export function trainableIn(parts: readonly Part[], context: ForwardContext): readonly tf.Variable[] {
  const all = parts.flatMap((part) => part.variables(context));
  return [...new Set(all)].filter(({ trainable }) => trainable);
}
