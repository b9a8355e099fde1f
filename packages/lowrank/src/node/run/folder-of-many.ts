// The run folder of several processes: the first one writes it; the others write nothing,
// and receive the state to resume from.

import { LowrankError } from "@lowrank/contracts";
import { parseState, serializeState, type TrainingEvent, type TrainingState } from "@lowrank/trainer";
import { type Communicator, compareRanks } from "@lowrank/trainer/mpi";
import { DivergedError, NonFiniteModelError } from "../../errors/run-errors.ts";
import type { BaseFiles, RunFacts, RunFolder, RunToKeep } from "../../run-folder.ts";
import { identityOf, notedRun } from "./run-fingerprint.ts";

/** Reports the end of a run: a launcher may end with 0 even if a machine has vanished. */
const completedFile = "completed.json";

/** Opens it in the first process with `open`, and its counterpart in the others. Throws the errors of `open`, in the first process. */
export async function openFolderOfMany(communicator: Communicator, open: () => Promise<RunFolder>): Promise<RunFolder> {
  if (communicator.rank > 0) return new FollowersFolder(communicator, await stateFrom(communicator));
  const folder = await open();
  await sendState(communicator, folder.resumeFrom);
  return new FirstFolder(communicator, folder);
}

async function sendState(communicator: Communicator, state: TrainingState | undefined): Promise<void> {
  const files = state && serializeState(state);
  await communicator.broadcast(new TextEncoder().encode(files?.facts ?? ""));
  await communicator.broadcast(files?.tensors);
}

async function stateFrom(communicator: Communicator): Promise<TrainingState | undefined> {
  const facts = new TextDecoder().decode(await communicator.broadcast(undefined));
  const tensors = await communicator.broadcast(undefined);
  return facts === "" ? undefined : parseState({ facts, tensors }, "the state of the first process");
}

/** Runs the training, and lets the other processes reach the same end. */
class FirstFolder implements RunFolder {
  constructor(
    private readonly communicator: Communicator,
    private readonly folder: RunFolder,
  ) {}

  get resumeFrom() {
    return this.folder.resumeFrom;
  }
  get initial() {
    return this.folder.initial;
  }
  get savedStep() {
    return this.folder.savedStep;
  }
  get bestCheckpoint() {
    return this.folder.bestCheckpoint;
  }

  async identify(facts: RunFacts, base: BaseFiles): Promise<string> {
    const fingerprint = await this.folder.identify(facts, base);
    await compareFingerprints(this.communicator, fingerprint);
    return fingerprint;
  }

  async *keep(run: RunToKeep): AsyncGenerator<TrainingEvent, void, undefined> {
    const files: RunToKeep["adapter"]["files"] = async (at) => {
      const steps = { steps: at.stepsDone, processes: this.communicator.size };
      const marker = [completedFile, `${JSON.stringify(steps)}\n`] as const;
      return new Map([...(await run.adapter.files(at)), ...(at.isOver ? [marker] : [])]);
    };
    try {
      yield* this.folder.keep({ ...run, adapter: { opened: run.adapter.opened, files } });
    } catch (error) {
      // All processes see it; the others wait until the last finite state is saved.
      if (error instanceof DivergedError || error instanceof NonFiniteModelError) await this.communicator.barrier();
      throw error;
    }
    await this.communicator.barrier();
  }

  release(): Promise<void> {
    return this.folder.release();
  }
}

class FollowersFolder implements RunFolder {
  #savedStep: number | undefined;

  constructor(
    private readonly communicator: Communicator,
    readonly resumeFrom: TrainingState | undefined,
  ) {
    this.#savedStep = resumeFrom?.step;
  }

  get initial() {
    return notedRun(this.resumeFrom);
  }
  get savedStep() {
    return this.#savedStep;
  }
  get bestCheckpoint() {
    return undefined;
  }

  async identify(facts: RunFacts, base: BaseFiles): Promise<string> {
    const fingerprint = await identityOf(facts, base, this.resumeFrom?.fingerprint);
    await compareFingerprints(this.communicator, fingerprint);
    return fingerprint;
  }

  async *keep(run: RunToKeep): AsyncGenerator<TrainingEvent, void, undefined> {
    const { fingerprint, totalSteps, saveEvery, keepCheckpoints: keep } = run;
    const save = async ({ step }: TrainingState) => {
      this.#savedStep = step;
    };
    const checkpoint = { every: saveEvery ?? totalSteps, atBest: keep?.best ?? saveEvery !== undefined, save };
    try {
      yield* run.loop({ fingerprint, resumeFrom: this.resumeFrom, checkpoint });
    } catch (error) {
      if (LowrankError.isInstance(error) && error.code === "NON_FINITE_LOSS") await this.communicator.barrier();
      throw error;
    }
    await this.communicator.barrier();
  }

  async release(): Promise<void> {}
}

/** Throws RANKS_DIFFER that names processes with different facts; copies of a file may be outdated. */
function compareFingerprints(communicator: Communicator, fingerprint: string): Promise<void> {
  return compareRanks(
    communicator,
    JSON.parse(fingerprint, (key, value) => (key === "modified" ? undefined : value)),
  );
}
