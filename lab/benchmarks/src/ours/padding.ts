// Epochs of training on rows as long as SST-2's, and on as many tokens in rows that are equally long.

import { batches } from "@lowrank/data";
import type { TokenizedExample } from "@lowrank/data/internal";
import { batchTensors } from "@lowrank/models";
import { serve } from "../harness/serve.ts";
import { sentenceLengths } from "../jobs/stand-in-rows.ts";
import { receivedSettings } from "../settings.ts";
import { addAdapter, loadRandomModel, startEngine } from "./adapted-model.ts";
import { stepsOn } from "./start-training.ts";

const batchesAnEpoch = 10;

const settings = receivedSettings();
const { batch: batchSize, time } = settings;
const count = batchesAnEpoch * batchSize;
const unequal = sentenceLengths(count, time);
const versions = await startEngine();
const model = await loadRandomModel(settings);
const handle = addAdapter(model, settings);

await serve({
  versions,
  steps: {
    grouped: await epochOf(unequal, "grouped"),
    shuffled: await epochOf(unequal, "shuffled"),
    equal: await epochOf(Array<number>(count).fill(time), "shuffled"),
  },
});

async function epochOf(
  rowLengths: readonly number[],
  order: "grouped" | "shuffled",
): Promise<() => Promise<undefined>> {
  const groupByLength = order === "grouped";
  const rows = rowLengths.map((length, row): TokenizedExample => {
    return {
      kind: "classified",
      inputIds: Array.from({ length }, (_, index) => 5 + ((row + index) % 50)),
      label: row % 2,
    };
  });
  const epoch = (number: number) =>
    batches(rows, { batchSize, padId: 0, epoch: number, groupByLength, firstCounts: true });
  const makeStep = await stepsOn({ batches: epoch, inputs: batchTensors }, model, handle, settings);
  return async () => {
    for (let step = 0; step < batchesAnEpoch; step += 1) await makeStep();
    return undefined;
  };
}
