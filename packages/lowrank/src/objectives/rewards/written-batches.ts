// The batches of learning from rewards: written by the current adapter, judged, and used for `numIterations` steps.
//
// A run that stops between two steps on the same completions keeps these in its checkpoint. Otherwise the next completions are
// written again after a resume, from the same weights and seeds, and the rewards are called again. Either way the resumed run is
// the uninterrupted one bit for bit, if a reward is a function of its input.

import type { JsonObject } from "@lowrank/contracts";
import { emptyBatch, type PromptTokens, type TokenizedExample } from "@lowrank/data";
import { named } from "../../errors/named-option.ts";
import type { RunBatch, WritingRun, WrittenBatches } from "../objective.ts";
import { batchOf, type PolicyRecord } from "./policy-batch.ts";
import { type Rewarding, writeRecords } from "./write-records.ts";

export function startWriting(run: WritingRun, rewarding: Rewarding): WrittenBatches {
  const { gradientAccumulationSteps: size, padId, order, examples } = run;
  const { numIterations } = rewarding.settings;
  const watch = watchSpread(run);
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
  const write = async (
    numbers: readonly (readonly number[])[],
    key: { readonly path: string; readonly step: number },
  ) => {
    const prompts = numbers.map((batch) => batch.flatMap((index) => promptAt(examples.at(index))));
    const records = await writeRecords(prompts, { ...run, ...rewarding, key: { seed: run.seed, ...key } });
    watch.add(records);
    return records;
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

/** Steps in a row without a difference between rewards before the warning. */
const patience = 5;

/** Warns once if all completions of each prompt have the same reward for several steps. */
function watchSpread({ onWarning }: Pick<WritingRun, "onWarning">) {
  let steps = 0;
  return {
    add(records: readonly PolicyRecord[]) {
      steps = records.every(({ completions }) => completions.every(({ advantage }) => advantage === 0)) ? steps + 1 : 0;
      if (steps !== patience) return;
      const message =
        `For ${patience} steps, all completions of each prompt had the same reward, so the adapter learnt nothing. ` +
        `Use a reward with more than two values, other prompts, a higher ${named("temperature")} or a higher ${named("numGenerations")}.`;
      onWarning?.({ code: "REWARD_WITHOUT_SPREAD", message });
    },
  };
}
