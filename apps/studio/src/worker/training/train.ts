// A run from rows to an adapter on the shelf. A run that fails or is stopped before its first step changes nothing;
// saved steps stay, to resume from.

import { LowrankError } from "@lowrank/contracts";
import type { RunRequest, RunResult, TrainingNews } from "../../protocol/run.ts";
import type { Answerer } from "../answerer.ts";
import { keepAdapter } from "../shelf/keep-adapter.ts";
import type { ModelInHand, Workshop } from "../workshop.ts";
import { adapterConfig } from "./adapter-config.ts";
import { RunGoneError } from "./errors.ts";
import { bestKept, type KeptRun, keptRun, lastKept, removeRun, stateAt } from "./kept-run.ts";
import { RunControl, withRunLock } from "./run-control.ts";
import { RunLoop } from "./run-loop.ts";
import { teachingRows } from "./teaching-rows.ts";

/** Throws NO_ROWS, RunGoneError, RUN_ELSEWHERE, RUN_MODEL, and the errors of the library's `adapt` and `train`. */
export const train: Answerer<"train"> = async (workshop, given, onNews) => {
  const control = new RunControl();
  workshop.run = control;
  try {
    return await makeRun(workshop, given, { control, onNews });
  } finally {
    workshop.run = undefined;
  }
};

interface Steering {
  readonly control: RunControl;
  onNews(news: TrainingNews): void;
}

async function makeRun(workshop: Workshop, given: RunRequest, steering: Steering): Promise<RunResult> {
  const begun = given.resume === undefined ? newRun(workshop.opened, given) : await runToGoOn(workshop, given);
  return withRunLock(begun.run, () => goThrough(workshop, begun, steering));
}

async function goThrough(workshop: Workshop, begun: KeptRun, { control, onNews }: Steering): Promise<RunResult> {
  const { store, opened: model } = workshop;
  const { run, request } = begun;
  const last = lastKept(begun);
  const resumeFrom = last === undefined ? undefined : await stateAt(store, run, last.step);
  const rows = await teachingRows(model, request);
  const config = adapterConfig(request.adapter, model);
  // The same name each time: dropout is seeded by it, so a resumed run draws the same masks.
  const adapter = model.opened.adapt(config, { name: "taught", seed: request.training.seed });
  try {
    const loop = new RunLoop({ workshop, model, adapter, rows, kept: begun, resumeFrom, control, onNews });
    const { reason, steps, kept } = await loop.make();
    if (reason === "diverged") return { run, reason, steps, adapter: undefined, lastGood: bestKept(kept)?.step };
    const entry =
      steps === 0
        ? undefined
        : await keepAdapter(workshop, await adapter.files(), {
            // The run's own: where the tab dies before the run is forgotten, going on leaves one adapter, not two.
            ...{ id: run, name: request.name, origin: "trained", question: request.watched, curve: loop.curve },
            settings: { adapter: request.adapter, training: request.training },
          });
    await removeRun(store, run);
    const findings = adapter.lastRun?.findings().map(({ message }) => message);
    return { run, reason, steps, adapter: entry?.id, findings };
  } finally {
    adapter.dispose();
  }
}

function newRun({ opened, facts, source }: ModelInHand, request: RunRequest): KeptRun {
  return {
    version: 1,
    run: crypto.randomUUID(),
    begun: Date.now(),
    request,
    model: { name: facts.name, fingerprint: opened.base.fingerprint, source: source.kind },
    kept: [],
    news: [],
  };
}

/** The stored run, reset to the requested step. */
async function runToGoOn({ store, opened: model }: Workshop, given: RunRequest): Promise<KeptRun> {
  const kept = await keptRun(store, given.resume ?? "");
  if (kept.model.fingerprint !== model.opened.base.fingerprint) {
    throw new LowrankError(
      "RUN_MODEL",
      `The run was started on "${kept.model.name}", but "${model.facts.name}" is open. Open "${kept.model.name}" to continue.`,
    );
  }
  if (given.from === undefined) return kept;
  const { step, learningRate } = given.from;
  if (!kept.kept.some((each) => each.step === step)) throw new RunGoneError(kept.run, step);
  const { request } = kept;
  return {
    ...kept,
    request: { ...request, training: { ...request.training, learningRate } },
    kept: kept.kept.filter((each) => each.step <= step),
    news: kept.news.filter((news) => stepOf(news) <= step),
  };
}

function stepOf(news: TrainingNews): number {
  if (news.type === "frame") return news.frame.step;
  return "step" in news ? news.step : 0;
}
