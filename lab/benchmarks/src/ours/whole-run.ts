// A whole run in a folder as a user would make it: plain, or with all options for safety and reports.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDataFile } from "@lowrank/data/node";
import { openModel } from "lowrank";
import { serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { startEngine } from "./adapted-model.ts";

const settings = receivedSettings();
const { batch: batchSize, time: maxLength, hasExtras = false, tiny } = settings;
const [steps, held] = tiny ? [2, 4] : [100, 8];
const versions = await startEngine();
const model = await openModel(process.env.LOWRANK_MODEL ?? "", { engine: false });
const columns = { columns: { prompt: "mr", completion: "ref" } };
const all = (await readDataFile(process.env.LOWRANK_ROWS ?? "", columns)).flatMap((row) =>
  row.kind === "completion" ? [row] : [],
);
const rows = all.map(({ prompt, completion }) => ({ prompt: `${prompt} ->`, completion: ` ${completion}` }));
const common = {
  steps,
  batchSize,
  maxLength,
  evalEvery: steps / 2,
  validation: rows.slice(-held),
  onWarning: () => {},
};
const extras = {
  embeddingNoise: 5,
  labelSmoothing: 0.1,
  patience: 3,
  maxSkippedSteps: 3,
  keepCheckpoints: { best: true, last: 3 },
  tensorBoard: true,
  report: true,
};

await serve({ versions, steps: { run } });

async function run(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-run-"));
  const adapter = model.adapt({ rank: 8, targetModules: "all-linear" });
  const kept = { ...common, ...(hasExtras ? extras : {}), out: join(folder, "run") };
  // Of the rows a few hundred, as many as a reader of reports has patience for.
  for await (const _ of adapter.train(rows.slice(0, 400), kept));
  adapter.dispose();
  return () => rm(folder, { recursive: true });
}
