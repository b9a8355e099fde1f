// The newest tokens of one text, computed in a few calls by plans, with keys and values kept where the engine wants them.

import * as tf from "@tensorflow/tfjs-core";
import { NativeCallError } from "../errors.ts";
import type { KeptPositions } from "./kept-positions.ts";
import { areSamePlans, type StepPlan } from "./step-plan.ts";

/** What a backend makes of plans. */
export interface StepProgram {
  /** False once something that it computes with is gone. */
  readonly isAlive: boolean;
  /** Positions whose keys and values are kept. */
  readonly length: number;
  /** Takes a copy of a layer's keys and values over, each [1, keyHeads, time, headSize]. */
  fill(layer: number, kept: KeptPositions): void;
  /** Copies of a layer's keys and values, for as many positions as are kept. */
  read(layer: number): KeptPositions;
  /** hidden [1, time, width] → what the last plan gives for the last position, [1, 1, features]. */
  run(hidden: tf.Tensor, positions: readonly number[]): tf.Tensor;
  dispose(): void;
}

/** A backend that computes plans; undefined for those that it cannot compute. */
interface StepMaker {
  makeSteps(plans: readonly StepPlan[], width: number): StepProgram | undefined;
}

/**
 * The state of one text: what computes its next tokens, and the keys and values of those before. Its owner disposes of it.
 *
 * @example
 * ```ts
 * import { FrozenWeight, StepPlan, TokenSteps } from "@lowrank/engine";
 * import "@tensorflow/tfjs-backend-cpu";
 * import * as tf from "@tensorflow/tfjs-core";
 *
 * const weight = FrozenWeight.from(tf.tensor2d([[1, 0], [0, 2]]));
 * const plan = new StepPlan();
 * plan.linear(0, weight);
 * const steps = TokenSteps.of([plan], 2); // undefined but on the native engine
 * steps?.run(tf.ones([1, 1, 2]), [0])?.print(); // [[[1, 2]]]
 * steps?.dispose();
 * weight.dispose();
 * ```
 */
export class TokenSteps {
  private constructor(
    private readonly plans: readonly StepPlan[],
    private readonly backend: object,
    private readonly program: StepProgram,
  ) {}

  /**
   * Undefined where the current backend does not compute plans, or not these: parts of a decoder, one after the other, for
   * hidden states of `width` features.
   */
  static of(plans: readonly StepPlan[], width: number): TokenSteps | undefined {
    const backend: object = tf.backend();
    if (!makesSteps(backend) || plans.some(({ refusal }) => refusal !== undefined)) return undefined;
    const program = backend.makeSteps(plans, width);
    return program && new TokenSteps(plans, backend, program);
  }

  /** Whether these plans compute what the ones that it was made of do, with the same weights, on the current backend. */
  isOf(plans: readonly StepPlan[]): boolean {
    return tf.backend() === this.backend && this.program.isAlive && areSamePlans(plans, this.plans);
  }

  /** Positions whose keys and values are kept. */
  get length(): number {
    return this.program.length;
  }

  /** Whose keys and values it keeps. */
  get layers(): readonly number[] {
    const nodes = this.plans.flatMap((plan) => plan.nodes);
    return nodes.flatMap((node) => (node.op === "attention" ? [node.attention.layer] : []));
  }

  /** Takes a copy of a layer's keys and values over, each [1, keyHeads, time, headSize]. */
  fill(layer: number, kept: KeptPositions): void {
    this.program.fill(layer, kept);
  }

  /** Copies of a layer's keys and values, which the caller disposes of. */
  read(layer: number): KeptPositions {
    return this.program.read(layer);
  }

  /**
   * What the last plan makes of hidden states [1, time, width] that stand at `positions`, for the last of them: [1, 1,
   * features]. Their keys and values are kept. Undefined where the engine's library refuses; what was kept before still is.
   */
  run(hidden: tf.Tensor, positions: readonly number[]): tf.Tensor | undefined {
    try {
      return this.program.run(hidden, positions);
    } catch (error) {
      if (error instanceof NativeCallError) return undefined;
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
