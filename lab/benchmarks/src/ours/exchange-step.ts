// One of several processes that MPI starts: it measures steps alone and steps with exchanged gradients, alternately. The
// first process prints the times.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { measureExchange, openCommunicator } from "@lowrank/trainer/mpi";
import type { ExchangeFigures, ExchangeOrder } from "../distributed/exchange-figures.ts";
import { inTurns } from "../harness/interleave.ts";
import { peakMemoryMb } from "../harness/process-facts.ts";
import { receivedSettings } from "../settings.ts";
import { addAdapter, loadRandomModel, startEngine } from "./adapted-model.ts";
import { type Batch, inputsOf, randomBatch } from "./random-batch.ts";
import { stepsOn } from "./start-training.ts";

const settings = receivedSettings();
// Written by the same version of this repository, in distributed/run-distributed.ts.
const order = JSON.parse(process.argv[3] ?? "") as ExchangeOrder;
const communicator = await openCommunicator();
const versions = await startEngine();
const model = await loadRandomModel(settings);
const adapter = addAdapter(model, settings);
const rows = { batches: () => [randomBatch(settings)], inputs: (batch: Batch) => inputsOf(batch, settings) };
const stepApart = await stepsOn(rows, model, adapter, settings);
const tokens = settings.batch * settings.time;
const stepTogether = await stepsOn(rows, model, adapter, {
  ...settings,
  reduceGradients: communicator,
  batchSize: () => ({ tokens, supervised: tokens }),
});

const kinds = { alone, apart: () => untilAll(stepApart), together: () => untilAll(stepTogether) } as const;
const names = Object.keys(kinds) as (keyof typeof kinds)[];
const taken: Record<keyof typeof kinds, number[]> = { alone: [], apart: [], together: [] };
for (let round = 0; round < order.warmUp + order.measured; round += 1)
  for (const index of inTurns(names.length, round)) {
    const name = names[index] as keyof typeof kinds;
    await communicator.barrier();
    const start = performance.now();
    await kinds[name](round);
    if (round >= order.warmUp) taken[name].push(performance.now() - start);
  }
const trained = [...adapter.variables.values()].reduce((sum, { size }) => sum + size, 0);
const exchange = await measureExchange(communicator, [...order.lengths, trained]);
if (communicator.rank === 0) {
  const { size: ranks, library } = communicator;
  const figures: ExchangeFigures = {
    ranks,
    trained,
    taken,
    exchange,
    versions: { ...versions, MPI: library },
    peakMemoryMb: peakMemoryMb(process.pid),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
await communicator.close();

/** A process that waits for MPI uses a whole core and would disturb the working one: the others wait for a file instead. */
async function alone(round: number): Promise<void> {
  const mark = join(order.folder, String(round));
  if (communicator.rank > 0) while (!existsSync(mark)) await sleep(20);
  else {
    await stepApart();
    writeFileSync(mark, "");
  }
}

/** Both ways end when the last process is ready: what one waits for the other is no cost of the exchange. */
async function untilAll(step: () => Promise<void>): Promise<void> {
  await step();
  await communicator.barrier();
}
