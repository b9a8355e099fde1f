// The next tokens of some texts, computed in a few calls by plans. Keys and values are stored where the engine needs them.

import { LowrankError } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";

import { areSamePlans, type StepPlan } from "./step-plan.ts";

/** Plans in a backend's own form. */
export interface StepProgram {
  /** False once something that it computes with is gone. */
  readonly isAlive: boolean;
  /** Number of cached columns. */
  readonly length: number;
  /** Takes a copy of a layer's keys and values over, each [rows, keyHeads, columns, headSize]. */
  fill(layer: number, cached: CachedPositions): void;
  /** Copies of a layer's cached keys and values. */
  read(layer: number): CachedPositions;
  /** hidden [rows, time, width] → the last plan's output for the last position, [rows, 1, features]. */
  run(hidden: tf.Tensor, positions: readonly (readonly number[])[]): tf.Tensor | undefined;
  dispose(): void;
}

/** A backend that computes plans; undefined for plans that it cannot compute. */
interface StepMaker {
  makeSteps(plans: readonly StepPlan[], width: number, padding: readonly number[]): StepProgram | undefined;
}

/** The state of some texts: a program for their next tokens, and the keys and values of earlier ones. Its owner disposes of it. */
export class TokenSteps {
  private constructor(
    private readonly plans: readonly StepPlan[],
    private readonly backend: object,
    private readonly program: StepProgram,
    /** For each text, the number of padding columns in front of it, if several texts share one rectangle. */
    readonly padding: readonly number[],
  ) {}

  /**
   * A state for the parts of a decoder, one after the other, and hidden states of `width` features. Undefined if the current backend
   * does not support these plans. `padding` has an entry for each text; default: one text.
   */
  static of(plans: readonly StepPlan[], width: number, padding: readonly number[] = [0]): TokenSteps | undefined {
    const backend: object = tf.backend();
    if (!makesSteps(backend) || plans.some(({ refusal }) => refusal !== undefined)) return undefined;
    const program = backend.makeSteps(plans, width, padding);
    return program && new TokenSteps(plans, backend, program, padding);
  }

  /** Whether the state was made with these plans and weights on the current backend, for the same number of texts with the same padding. */
  isOf(plans: readonly StepPlan[], padding: readonly number[] = [0]): boolean {
    if (tf.backend() !== this.backend || !this.program.isAlive) return false;
    const isSamePadding = padding.length === this.padding.length && padding.every((n, row) => n === this.padding[row]);
    return isSamePadding && areSamePlans(plans, this.plans);
  }

  /** Number of cached columns. */
  get length(): number {
    return this.program.length;
  }

  /** The layers whose keys and values it stores. */
  get layers(): readonly number[] {
    const nodes = this.plans.flatMap((plan) => plan.nodes);
    return nodes.flatMap((node) => (node.op === "attention" ? [node.attention.layer] : []));
  }

  /** Copies a layer's keys and values into the state, each [rows, keyHeads, columns, headSize], without padding. */
  fill(layer: number, cached: CachedPositions): void {
    this.program.fill(layer, cached);
  }

  /** Copies of a layer's keys and values, with zeros for padding. The caller disposes of them. */
  read(layer: number): CachedPositions {
    return this.program.read(layer);
  }

  /**
   * The last plan's output for hidden states [texts, time, width] at `positions` [texts][time], for the last position: [texts, 1,
   * features]. Several positions in one call must belong to one text. Their keys and values are cached. Undefined if the engine cannot
   * compute them or its library refuses; the cache is then unchanged.
   */
  run(hidden: tf.Tensor, positions: readonly (readonly number[])[]): tf.Tensor | undefined {
    try {
      return this.program.run(hidden, positions);
    } catch (error) {
      if (LowrankError.isInstance(error, "NATIVE_CALL_FAILED")) return undefined;
      throw error;
    }
  }

  dispose(): void {
    this.program.dispose();
  }
}

function makesSteps(backend: object): backend is StepMaker {
  return "makeSteps" in backend;
}

/** Keys and values of some positions: [batch, keyHeads, time, headSize] each. */
export interface CachedPositions {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}
