// Runs with several processes: checks that rows can be divided, and lets one process measure.

import type { WarningListener } from "@lowrank/contracts";
import { type Metrics, trainingOptionsError } from "@lowrank/trainer/internal";
import type { Communicator } from "@lowrank/trainer/mpi";
import { counted } from "../counted.ts";
import type { LearningPlan } from "../objectives/objective.ts";

interface SharedRows {
  readonly rows: number;
  readonly learning: Pick<LearningPlan, "kind" | "words" | "comparesNeighbours">;
  /** In rows; undefined if it is in tokens. */
  readonly batchSize: number | undefined;
  readonly onWarning: WarningListener | undefined;
}

/** Throws TRAINING_OPTIONS for more processes than rows, and for a loss that compares the rows of a batch. Warns of idle ones. */
export function checkShares({ size, rank }: Pick<Communicator, "size" | "rank">, shared: SharedRows): void {
  const { rows, learning, batchSize, onWarning } = shared;
  const problems = [
    ...(rows < size
      ? [`communicator: ${size} processes for ${counted(rows, "row")}; start at most one process for each row`]
      : []),
    ...(learning.comparesNeighbours === true
      ? [
          `communicator: ${learning.words ?? learning.kind} compares the rows of a batch with each other; train in one process`,
        ]
      : []),
  ];
  if (problems.length > 0) throw trainingOptionsError(problems);
  if (batchSize === undefined || batchSize >= size || rank > 0) return;
  const message = `A batch of ${counted(batchSize, "row")} leaves ${size - batchSize} of ${size} processes idle. Set batchSize to ${size} or more.`;
  onWarning?.({ code: "IDLE_PROCESSES", message });
}

/** A controller that is aborted with the signal, or on its own. */
export function stopWith(signal: AbortSignal | undefined): AbortController {
  const stop = new AbortController();
  const follow = () => stop.abort(signal?.reason);
  if (signal?.aborted === true) follow();
  else signal?.addEventListener("abort", follow, { once: true });
  return stop;
}

/** The first process measures and sends its exact results: decisions of the run depend on them. A stop there stops all. */
export function measuredByFirst(
  communicator: Communicator,
  measure: () => Promise<Metrics>,
  stop: AbortController,
): () => Promise<Metrics> {
  return async () => {
    const found = communicator.rank === 0 ? await unlessStopped(measure, stop.signal) : undefined;
    // JSON has no NaN.
    const entries = found && Object.entries(found).map(([name, value]) => [name, String(value)]);
    const received = await communicator.broadcast(new TextEncoder().encode(JSON.stringify(entries ?? null)));
    const metrics: readonly (readonly [string, string])[] | null = JSON.parse(new TextDecoder().decode(received));
    if (metrics === null) {
      if (!stop.signal.aborted) stop.abort();
      throw stop.signal.reason;
    }
    return Object.fromEntries(metrics.map(([name, value]) => [name, Number(value)])) as unknown as Metrics;
  };
}

async function unlessStopped(measure: () => Promise<Metrics>, signal: AbortSignal): Promise<Metrics | undefined> {
  try {
    return await measure();
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}
