// A run from rows to an adapter on the shelf. A run that fails or is stopped before its first step changes nothing;
// saved steps stay, to resume from.

import { LowrankError } from "@lowrank/contracts";
import type { RunRequest, RunResult, TrainingProgress } from "../../protocol/run.ts";
import type { CallHandler } from "../call-handler.ts";
import { keepAdapter } from "../shelf/keep-adapter.ts";
import type { LoadedModel, WorkerState } from "../worker-state.ts";
import { adapterConfig } from "./adapter-config.ts";
import { RunGoneError } from "./errors.ts";
import { RunControl } from "./run-control.ts";
import { withRunLock } from "./run-lock.ts";
import { RunLoop } from "./run-loop.ts";
import { bestSaved, lastSaved, readSavedRun, removeRun, type SavedRun, stateAt } from "./saved-run.ts";
import { teachingRows } from "./teaching-rows.ts";

/** Throws NO_ROWS, RunGoneError, RUN_ELSEWHERE, RUN_MODEL, and the errors of the library's `adapt` and `train`. */
export const train: CallHandler<"train"> = async (state, request, onProgress) => {
  const control = new RunControl();
  state.run = control;
  try {
    return await makeRun(state, request, { control, onProgress });
  } finally {
    state.run = undefined;
  }
};

interface Steering {
  readonly control: RunControl;
  onProgress(progress: TrainingProgress): void;
}

async function makeRun(state: WorkerState, request: RunRequest, steering: Steering): Promise<RunResult> {
  const begun = request.resume === undefined ? newRun(state.loaded, request) : await runToContinue(state, request);
  return withRunLock(begun.run, () => performRun(state, begun, steering));
}

async function performRun(state: WorkerState, begun: SavedRun, { control, onProgress }: Steering): Promise<RunResult> {
  const { store, loaded: model } = state;
  const { run, request } = begun;
  const last = lastSaved(begun);
  const resumeFrom = last === undefined ? undefined : await stateAt(store, run, last.step);
  const rows = await teachingRows(model, request);
  const config = adapterConfig(request.adapter, model);
  // The same name each time: dropout is seeded by it, so a resumed run draws the same masks.
  const adapter = model.opened.adapt(config, { name: "taught", seed: request.training.seed });
  try {
    const loop = new RunLoop({ state, model, adapter, rows, saved: begun, resumeFrom, control, onProgress });
    const { reason, steps, saved } = await loop.make();
    if (reason === "diverged") return { run, reason, steps, adapter: undefined, lastGood: bestSaved(saved)?.step };
    const entry =
      steps === 0
        ? undefined
        : await keepAdapter(state, await adapter.files(), {
            // The run's id: if the tab dies before the run is forgotten, the continued run writes the same adapter again.
            id: run,
            name: request.name,
            origin: "trained",
            question: request.watched,
            curve: loop.curve,
            settings: { adapter: request.adapter, training: request.training },
          });
    await removeRun(store, run);
    const findings = adapter.lastRun?.findings().map(({ message }) => message);
    return { run, reason, steps, adapter: entry?.id, findings };
  } finally {
    adapter.dispose();
  }
}

function newRun({ opened, facts, source }: LoadedModel, request: RunRequest): SavedRun {
  return {
    version: 1,
    run: crypto.randomUUID(),
    begun: Date.now(),
    request,
    model: { name: facts.name, fingerprint: opened.base.fingerprint, source: source.kind },
    kept: [],
    progress: [],
  };
}

/** The stored run, reset to the requested step. */
async function runToContinue({ store, loaded: model }: WorkerState, requested: RunRequest): Promise<SavedRun> {
  const saved = await readSavedRun(store, requested.resume ?? "");
  if (saved.model.fingerprint !== model.opened.base.fingerprint) {
    throw new LowrankError(
      "RUN_MODEL",
      `The run was started on "${saved.model.name}", but "${model.facts.name}" is open. Open "${saved.model.name}" to continue.`,
    );
  }
  if (requested.from === undefined) return saved;
  const { step, learningRate } = requested.from;
  if (!saved.kept.some((each) => each.step === step)) throw new RunGoneError(saved.run, step);
  const { request } = saved;
  return {
    ...saved,
    request: { ...request, training: { ...request.training, learningRate } },
    kept: saved.kept.filter((each) => each.step <= step),
    progress: saved.progress.filter((progress) => stepOf(progress) <= step),
  };
}

function stepOf(progress: TrainingProgress): number {
  if (progress.type === "frame") return progress.frame.step;
  return "step" in progress ? progress.step : 0;
}
