// The sessions of some plans, one for each. Those whose matrices are part of their graph hold a copy of these, which goes with
// the weight it was made of.

import { areSamePlans, type StepPlan } from "../../../step/step-plan.ts";
import type { StepWeight } from "../../../step/step-weight.ts";
import { encodeModel } from "../runtime/onnx-model.ts";
import type { NativeSession } from "../runtime/onnx-runtime.ts";
import type { StepBackend } from "./step-backend.ts";
import { type StepGraph, stepGraph } from "./step-graph.ts";

/** A graph and the session that computes it. */
export interface StepStage extends Omit<StepGraph, "graph"> {
  readonly session: NativeSession;
}

export class StepSessions {
  #isReleased = false;

  private constructor(
    private readonly backend: StepBackend,
    readonly plans: readonly StepPlan[],
    readonly stages: readonly StepStage[],
    private readonly own: readonly NativeSession[],
  ) {}

  /** Undefined where a weight of the plans cannot be part of a graph. Throws NativeCallError where the library is too old. */
  static of(backend: StepBackend, plans: readonly StepPlan[], width: number): StepSessions | undefined {
    const own: NativeSession[] = [];
    const stages: StepStage[] = [];
    let features = width;
    try {
      for (const plan of plans) {
        const made = stepGraph(backend, plan, features);
        if (made === undefined || (hasConstants(made) && !areFinite(backend, made))) return releaseAll(backend, own);
        const session = sessionOf(backend, made);
        if (hasConstants(made)) own.push(session);
        stages.push({ ...made, session });
        features = made.width;
      }
    } catch (error) {
      releaseAll(backend, own);
      throw error;
    }
    const sessions = new StepSessions(backend, plans, stages, own);
    for (const weight of packedWeights(plans)) weight.owns(sessions);
    return sessions;
  }

  /** False once a weight that is part of a graph is gone. */
  get isAlive(): boolean {
    return !this.#isReleased;
  }

  /** Whether a matrix is part of a graph: there is no other way by which it is multiplied as fast. */
  get holdsMatrices(): boolean {
    return this.own.length > 0;
  }

  isOf(plans: readonly StepPlan[]): boolean {
    return !this.#isReleased && areSamePlans(plans, this.plans);
  }

  dispose(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    releaseAll(this.backend, this.own);
  }
}

/** Graphs without matrices of their own are one where they are alike: a decoder's blocks. */
function sessionOf(backend: StepBackend, made: StepGraph): NativeSession {
  const { graph, shared } = made;
  const { inputs, outputs, nodes } = graph;
  if (!hasConstants(made)) return backend.session(`step ${JSON.stringify({ inputs, outputs, nodes })}`, () => graph);
  const names = inputs.map(({ name }) => name);
  return backend.runtime.createSession(encodeModel(graph), { inputs: names, outputs, isOneOfMany: true, shared });
}

function hasConstants({ graph: { constants = [] } }: StepGraph): boolean {
  return constants.length > 0;
}

/** Rounding would turn what is no number into one. */
function areFinite(backend: StepBackend, { feeds }: StepGraph): boolean {
  return feeds.every((feed) => feed.kind !== "tensor" || backend.floats(feed.tensor).every(Number.isFinite));
}

function releaseAll(backend: StepBackend, sessions: readonly NativeSession[]): undefined {
  for (const session of sessions) backend.runtime.releaseSession(session);
}

function packedWeights(plans: readonly StepPlan[]): readonly StepWeight[] {
  const weights = plans.flatMap(({ nodes }) => nodes.flatMap((node) => (node.op === "linear" ? [node.weight] : [])));
  return [...new Set(weights)].filter(({ stored }) => stored === undefined);
}
