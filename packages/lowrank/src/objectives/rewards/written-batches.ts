// The batches of learning from rewards: written by the current adapter, judged, and used for `numIterations` steps.
//
// A run that stops between two steps on the same completions keeps these in its checkpoint. Otherwise the next completions are
// written again after a resume, from the same weights and seeds, and the rewards are called again. Either way the resumed run is
// the uninterrupted one bit for bit, if a reward is a function of its input.

import type { JsonObject } from "@lowrank/contracts/internal";
import { emptyBatch, type PromptTokens, type TokenizedExample } from "@lowrank/data/internal";
import { trainingOptionsError } from "@lowrank/trainer/internal";
import { needsSeparatePass } from "../../rows/invocation-rows.ts";
import type { RunBatch, WritingRun, WrittenBatches } from "../objective.ts";
import { batchOf, type PolicyRecord } from "./policy-batch.ts";
import type { Writing } from "./write-completions.ts";

/** Makes the records of some batches of prompts. */
export interface RecordWriter {
  /** Steps on the same completions. */
  readonly numIterations: number;
  write(prompts: readonly (readonly PromptTokens[])[], key: Writing["key"]): Promise<readonly PolicyRecord[]>;
}

/** Throws TRAINING_OPTIONS for an adapter that cannot write several texts at once. */
export function startWriting(run: WritingRun, { numIterations, write: writeRecords }: RecordWriter): WrittenBatches {
  const { gradientAccumulationSteps: size, padId, seed, order, examples, adapter } = run;
  if (needsSeparatePass(adapter.config)) {
    const problem =
      "the adapter waits for tokens or adapts parameters, so that it cannot write completions in one batch";
    throw trainingOptionsError([`objective: ${problem}; train another adapter`]);
  }
  let resumed = recordsIn(run.resumed);
  let present: readonly PolicyRecord[] | undefined;
  async function* batches(epoch: number, unseen: number): AsyncGenerator<RunBatch, void, undefined> {
    const rows = order(epoch);
    let number = 0;
    for (let first = 0; first < rows.length; first += size) {
      const isOver = number + size * numIterations <= unseen;
      if (!isOver) {
        present = resumed ?? (await write(rows.slice(first, first + size), { path: `epoch ${epoch}`, step: first }));
        resumed = undefined;
      }
      for (let place = 0; place < size * numIterations; place += 1) {
        const record = present?.[place % size];
        number += 1;
        if (place === size * numIterations - 1) present = undefined; // before the last batch is used
        // A step has `size` batches, also at the end of an epoch.
        yield number <= unseen || record === undefined ? emptyBatch : batchOf(record, padId);
      }
    }
  }
  const write = (numbers: readonly (readonly number[])[], place: { readonly path: string; readonly step: number }) => {
    const prompts = numbers.map((batch) => batch.flatMap((index) => promptAt(examples.at(index))));
    return writeRecords(prompts, { seed, ...place });
  };
  return { batches, state: () => (present === undefined ? undefined : { completions: present }) };
}

function promptAt(row: TokenizedExample | undefined): readonly PromptTokens[] {
  return row?.kind === "prompt" ? [row] : [];
}

/** The records in the state of a checkpoint. */
function recordsIn(state: JsonObject | undefined): readonly PolicyRecord[] | undefined {
  // Written by `state`, and part of a checkpoint whose fingerprint is checked.
  return state?.completions as readonly PolicyRecord[] | undefined;
}
