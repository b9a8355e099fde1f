// The newest tokens of some texts, computed in a few calls by plans, with keys and values kept where the engine wants them.

import * as tf from "@tensorflow/tfjs-core";
import { NativeCallError } from "../errors.ts";
import { areSamePlans, type StepPlan } from "./step-plan.ts";

/** What a backend makes of plans. */
export interface StepProgram {
  /** False once something that it computes with is gone. */
  readonly isAlive: boolean;
  /** Columns whose keys and values are kept. */
  readonly length: number;
  /** Takes a copy of a layer's keys and values over, each [rows, keyHeads, columns, headSize]. */
  fill(layer: number, kept: KeptPositions): void;
  /** Copies of a layer's keys and values, for the columns that are kept. */
  read(layer: number): KeptPositions;
  /** hidden [rows, time, width] → what the last plan gives for the last position, [rows, 1, features]. */
  run(hidden: tf.Tensor, positions: readonly (readonly number[])[]): tf.Tensor | undefined;
  dispose(): void;
}

/** A backend that computes plans; undefined for plans that it cannot compute. */
interface StepMaker {
  makeSteps(plans: readonly StepPlan[], width: number, padding: readonly number[]): StepProgram | undefined;
}

/**
 * The state of some texts: what computes their next tokens, and the keys and values of those before. Its owner disposes of it.
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
 * steps?.run(tf.ones([1, 1, 2]), [[0]])?.print(); // [[[1, 2]]]
 * steps?.dispose();
 * weight.dispose();
 * ```
 */
export class TokenSteps {
  private constructor(
    private readonly plans: readonly StepPlan[],
    private readonly backend: object,
    private readonly program: StepProgram,
    /** For each text, the number of padding columns in front of it, if several texts share one rectangle. */
    readonly padding: readonly number[],
  ) {}

  /**
   * Undefined where the current backend does not compute plans, or not these: parts of a decoder, one after the other, for
   * hidden states of `width` features. There are as many texts as numbers in `padding`: one, if nothing is said.
   */
  static of(plans: readonly StepPlan[], width: number, padding: readonly number[] = [0]): TokenSteps | undefined {
    const backend: object = tf.backend();
    if (!makesSteps(backend) || plans.some(({ refusal }) => refusal !== undefined)) return undefined;
    const program = backend.makeSteps(plans, width, padding);
    return program && new TokenSteps(plans, backend, program, padding);
  }

  /**
   * Whether these plans compute what the ones that it was made of do, with the same weights, on the current backend, for as
   * many texts with the same padding.
   */
  isOf(plans: readonly StepPlan[], padding: readonly number[] = [0]): boolean {
    if (tf.backend() !== this.backend || !this.program.isAlive) return false;
    const isSamePadding = padding.length === this.padding.length && padding.every((n, row) => n === this.padding[row]);
    return isSamePadding && areSamePlans(plans, this.plans);
  }

  /** Columns whose keys and values are kept. */
  get length(): number {
    return this.program.length;
  }

  /** Whose keys and values it keeps. */
  get layers(): readonly number[] {
    const nodes = this.plans.flatMap((plan) => plan.nodes);
    return nodes.flatMap((node) => (node.op === "attention" ? [node.attention.layer] : []));
  }

  /** Takes a copy of a layer's keys and values over, each [rows, keyHeads, columns, headSize]; padding is left out. */
  fill(layer: number, kept: KeptPositions): void {
    this.program.fill(layer, kept);
  }

  /** Copies of a layer's keys and values, zeros where padding is. The caller disposes of them. */
  read(layer: number): KeptPositions {
    return this.program.read(layer);
  }

  /**
   * What the last plan makes of hidden states [texts, time, width] that stand at `positions` [texts][time], for the last of
   * them: [texts, 1, features]. Several positions at once are those of one text. Their keys and values are kept. Undefined
   * where the engine cannot, or its library refuses; what was kept before still is.
   */
  run(hidden: tf.Tensor, positions: readonly (readonly number[])[]): tf.Tensor | undefined {
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

/** Keys and values of some positions: [batch, keyHeads, time, headSize] each. */
export interface KeptPositions {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}
