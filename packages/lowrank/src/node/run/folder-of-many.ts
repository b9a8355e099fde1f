// The folder of a run that several processes make together: the first one keeps it as if it were alone; the others write nothing,
// and are told where the run goes on.

import { LowrankError } from "@lowrank/contracts";
import { parseState, serializeState, type TrainingEvent, type TrainingState } from "@lowrank/trainer";
import { type Communicator, compareRanks } from "@lowrank/trainer/mpi";
import { DivergedError, NonFiniteModelError } from "../../errors/run-errors.ts";
import type { BaseFiles, RunFacts, RunFolder, RunToKeep } from "../../run-folder.ts";
import { identityOf, notedRun } from "./run-fingerprint.ts";

/** Says that a run is over: a launcher ends with 0 also where a whole machine has vanished. */
const completedFile = "completed.json";

/** Opens it in the first process, by `open`, and in all others what goes with it. Throws what `open` does, in the first. */
export async function openFolderOfMany(communicator: Communicator, open: () => Promise<RunFolder>): Promise<RunFolder> {
  if (communicator.rank > 0) return new FollowersFolder(communicator, await stateFrom(communicator));
  const folder = await open();
  await tellState(communicator, folder.resumeFrom);
  return new FirstFolder(communicator, folder);
}

async function tellState(communicator: Communicator, state: TrainingState | undefined): Promise<void> {
  const files = state && serializeState(state);
  await communicator.broadcast(new TextEncoder().encode(files?.facts ?? ""));
  await communicator.broadcast(files?.tensors);
}

async function stateFrom(communicator: Communicator): Promise<TrainingState | undefined> {
  const facts = new TextDecoder().decode(await communicator.broadcast(undefined));
  const tensors = await communicator.broadcast(undefined);
  return facts === "" ? undefined : parseState({ facts, tensors }, "what the first process goes on with");
}

/** Keeps the run, and lets the others come to the same end. */
class FirstFolder implements RunFolder {
  constructor(
    private readonly communicator: Communicator,
    private readonly folder: RunFolder,
  ) {}

  get resumeFrom() {
    return this.folder.resumeFrom;
  }
  get asBegun() {
    return this.folder.asBegun;
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
      // All have found it; the others wait until what is finite is kept.
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

  get asBegun() {
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

/** Throws RanksDifferError naming which process has which fact otherwise; copies of a file may be older than others. */
function compareFingerprints(communicator: Communicator, fingerprint: string): Promise<void> {
  return compareRanks(
    communicator,
    JSON.parse(fingerprint, (key, value) => (key === "modified" ? undefined : value)),
  );
}
