// The sessions of some plans. Each contains as many plans as fit into one graph. A graph with matrices as constants has a copy of
// them, which is freed with the weight.

import { areSamePlans, type StepPlan, type StepWeight } from "../../../step/step-plan.ts";
import type { NativeSession } from "../runtime/onnx-runtime.ts";
import { rebindFeeds } from "./rebind-feeds.ts";
import type { StepBackend } from "./step-backend.ts";
import { GraphDraft, type StepGraph } from "./step-graph.ts";

/**
 * Maximum size of a graph's matrices. Each call of the library costs as much as some operations, but while a session is made, its
 * matrices are in memory two or three times.
 */
const bytesOfGraph = 32e6;
const tensorsOfGraph = 400;

/** A graph and the session that computes it. */
export interface StepStage extends Omit<StepGraph, "graph"> {
  readonly session: NativeSession;
}

export class StepSessions {
  #isReleased = false;

  private constructor(
    private readonly backend: StepBackend,
    private readonly plans: readonly StepPlan[],
    private readonly roundsRows: boolean,
    private readonly stages: readonly StepStage[],
    private readonly nativeSessions: readonly NativeSession[],
  ) {}

  /** Undefined if a weight of the plans cannot be part of a graph. Throws NATIVE_CALL_FAILED if the library is too old. */
  static of(
    backend: StepBackend,
    plans: readonly StepPlan[],
    { width, rows }: { readonly width: number; readonly rows: number },
  ): StepSessions | undefined {
    const roundsRows = mustRoundRows(plans, rows);
    const nativeSessions: NativeSession[] = [];
    const stages: StepStage[] = [];
    try {
      let draft = new GraphDraft(backend, { width, roundsRows });
      const lastMixing = plans.map(({ nodes }) => nodes.some(({ op }) => op === "attention")).lastIndexOf(true);
      for (const [at, plan] of plans.entries()) {
        if (!draft.add(plan)) return releaseAll(backend, nativeSessions);
        // Stages after the last attention are only computed for the last position.
        const isWhole = at === lastMixing || at === plans.length - 1;
        if (!isWhole && draft.bytes < bytesOfGraph && draft.tensors < tensorsOfGraph) continue;
        const stage = draft.finish();
        if (hasConstants(stage) && !areFinite(backend, stage)) return releaseAll(backend, nativeSessions);
        const session = sessionOf(backend, stage);
        if (hasConstants(stage)) nativeSessions.push(session);
        stages.push({ ...stage, session });
        draft = new GraphDraft(backend, { width: stage.width, roundsRows });
      }
    } catch (error) {
      releaseAll(backend, nativeSessions);
      throw error;
    }
    const sessions = new StepSessions(backend, plans, roundsRows, stages, nativeSessions);
    for (const weight of packedWeights(plans)) weight.owns(roundsRows ? "steps of rows" : "steps", sessions);
    return sessions;
  }

  /** False once a weight that is part of a graph is gone. */
  get isAlive(): boolean {
    return !this.#isReleased;
  }

  /** Whether a matrix is a constant of a graph: no other way of multiplying by it is as fast. */
  get holdsMatrices(): boolean {
    return this.nativeSessions.length > 0;
  }

  /** The stages for these plans; undefined if they need other graphs. */
  stagesFor(plans: readonly StepPlan[], rows: number): readonly StepStage[] | undefined {
    if (this.#isReleased || this.roundsRows !== mustRoundRows(plans, rows)) return undefined;
    if (areSamePlans(plans, this.plans)) return this.stages;
    const feeds = rebindFeeds(
      this.stages.map((stage) => stage.feeds),
      this.plans,
      plans,
    );
    const stages = feeds && this.stages.map((stage, index) => ({ ...stage, feeds: feeds[index] ?? stage.feeds }));
    const isRounding = this.holdsMatrices;
    return isRounding && !stages?.every((stage) => areFinite(this.backend, stage)) ? undefined : stages;
  }

  dispose(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    releaseAll(this.backend, this.nativeSessions);
  }
}

/** Products with blocks round each row separately anyway. Products with weights in 8 bits are faster with one step for all rows. */
function mustRoundRows(plans: readonly StepPlan[], rows: number): boolean {
  const kinds = plans.flatMap(({ nodes }) =>
    nodes.map((node) => (node.op === "linear" ? node.weight.stepFactor?.kind : undefined)),
  );
  return rows > 1 && kinds.includes("int8");
}

/** Equal graphs without matrices share a session, such as those of a decoder's blocks. */
function sessionOf(backend: StepBackend, stage: StepGraph): NativeSession {
  const { graph, shared } = stage;
  if (hasConstants(stage)) return backend.runtime.createSession(graph, { skipsArena: true, shared });
  const { inputs, outputs, nodes } = graph;
  return backend.session(`step ${JSON.stringify({ inputs, outputs, nodes })}`, () => graph);
}

function hasConstants({ graph: { constants = [] } }: StepGraph): boolean {
  return constants.length > 0;
}

/** Rounding would turn a NaN into a number. */
function areFinite(backend: StepBackend, { feeds }: Pick<StepGraph, "feeds">): boolean {
  return feeds.every((feed) => feed.kind !== "tensor" || backend.floats(feed.tensor).every(Number.isFinite));
}

function releaseAll(backend: StepBackend, sessions: readonly NativeSession[]): undefined {
  for (const session of sessions) backend.runtime.releaseSession(session);
}

/** The weights that graphs have copies of. */
function packedWeights(plans: readonly StepPlan[]): readonly StepWeight[] {
  const weights = plans.flatMap(({ nodes }) => nodes.flatMap((node) => (node.op === "linear" ? [node.weight] : [])));
  return [...new Set(weights)].filter(({ stepFactor: factor }) => factor?.kind !== "float32" || factor.mayRound);
}
