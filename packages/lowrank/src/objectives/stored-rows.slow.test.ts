// Rows that lie on the disk train as those in memory do.

import { fileURLToPath } from "node:url";
import type { Example } from "@lowrank/data";
import type { RowList } from "@lowrank/data/internal";
import { RowSpool } from "@lowrank/data/internal/node";
import { chooseEngine, registerGradients } from "@lowrank/engine";
import { beforeAll, expect, it } from "vitest";
import { nodePlatform } from "../node/node-platform.ts";
import { openOn } from "../open-on.ts";
import type { Platform } from "../platform.ts";
import { trainingRows } from "./training-rows.ts";

const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));
const context = { notices: { warn: () => {} } };
const onDisk: Platform = { ...nodePlatform, keepRows: () => new RowSpool({ maxBytes: 0 }) };

const examples: readonly Example[] = Array.from({ length: 40 }, (_, row) => ({
  kind: "completion",
  prompt: `${row % 15} ->`,
  completion: ` ${row * row}`,
}));

beforeAll(async () => {
  await chooseEngine();
  registerGradients();
});

it.each([
  ["tokenized when a batch draws them", { groupByLength: false }],
  ["tokenized before", { groupByLength: false, tokenizeWhenDrawn: false }],
  ["tokenized before, of like length together", { groupByLength: true, tokenizeWhenDrawn: false }],
])(
  "rows on the disk, %s, make the adapter that rows in memory make, bit for bit",
  { timeout: 120_000 },
  async (_, choices) => {
    const spool = new RowSpool<Example>({ maxBytes: 0 });
    for (const example of examples) spool.add(example);
    const adapters = [];
    for (const [platform, rows] of [
      [nodePlatform, examples],
      [onDisk, spool.finish()],
    ] satisfies readonly (readonly [Platform, RowList<Example>])[]) {
      const model = await openOn(platform, { model: tiny, trainable: true }, context);
      const adapter = model.adapt({ rank: 2, targetModules: ["q_proj"] });
      const data = trainingRows({
        data: { name: "rows", rows },
        validationShare: 0.2,
        seed: 1,
        task: model.base.task,
      });
      expect(data.train.length + data.validation.length).toBe(40);
      const options = { ...choices, steps: 2, batchSize: 4, learningRate: 0.01, evalEvery: 2, evalAtStart: false };
      const prepared = await adapter.prepare(data, options);
      expect(Array.isArray(prepared.train)).toBe(platform === nodePlatform);
      for await (const event of adapter.train(data, options)) expect(event.type).not.toBe("failed");
      adapters.push((await adapter.files()).get("adapter_model.safetensors"));
      model.dispose();
    }
    expect(adapters[0]).toBeInstanceOf(Uint8Array);
    expect(adapters[1]).toEqual(adapters[0]);
  },
);
