// The newest tokens of one text, computed in a few calls by plans, with keys and values kept where the engine wants them.

import * as tf from "@tensorflow/tfjs-core";
import type { KeptPositions } from "../ops/attention/attend-next.ts";
import { isSamePlan, type StepPlan } from "./step-plan.ts";

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

/** The state of one text. Its owner disposes of it. */
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
    if (plans.length !== this.plans.length || tf.backend() !== this.backend || !this.program.isAlive) return false;
    return plans.every((plan, index) => isSamePlan(plan, this.plans[index] ?? plan));
  }

  get length(): number {
    return this.program.length;
  }

  /** Whose keys and values it keeps. */
  get layers(): readonly number[] {
    const nodes = this.plans.flatMap((plan) => plan.nodes);
    return nodes.flatMap((node) => (node.op === "attention" ? [node.attention.layer] : []));
  }

  fill(layer: number, kept: KeptPositions): void {
    this.program.fill(layer, kept);
  }

  read(layer: number): KeptPositions {
    return this.program.read(layer);
  }

  run(hidden: tf.Tensor, positions: readonly number[]): tf.Tensor {
    return this.program.run(hidden, positions);
  }

  dispose(): void {
    this.program.dispose();
  }
}

function makesSteps(backend: object): backend is StepMaker {
  return "makeSteps" in backend;
}
