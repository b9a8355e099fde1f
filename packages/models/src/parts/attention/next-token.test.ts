import { join } from "node:path";
import { noAdapters } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, it } from "vitest";
import { loadModel } from "../../loading/load-model.ts";
import { openFolder } from "../../node.ts";
import { KeyValueCache } from "../cache/key-value-cache.ts";

const isHere = await chooseEngine({ order: ["native"] }).then(
  () => true,
  () => false,
);
if (!isHere) process.stderr.write("skipped: the native engine is not installed\n");

describe.skipIf(!isHere)("on the native engine", () => {
  // The tests' setup goes back to cpu behind the imports.
  beforeAll(() => tf.setBackend("native"));

  it.each(["gpt2", "llama-gqa", "qwen3", "gpt_neox", "gemma2"])(
    "%s gives token by token what it gives at once",
    async (name) => {
      const model = await loadModel(openFolder(join(fixturesRoot, name, "base")));
      const grid = (ids: readonly number[]) =>
        tf.tensor2d(
          [...ids, ...ids].map((id) => id % 40),
          [2, ids.length],
          "int32",
        );
      const ids = Array.from({ length: 14 }, (_, index) => index * 7 + 3);
      await expectNoLeak(() => {
        const cache = new KeyValueCache(noAdapters, { segmentLength: 3 });
        tf.tidy(() => {
          const windows = [ids.slice(0, 2), ...ids.slice(2).map((id) => [id])];
          const parts = windows.map((window) => model.forward({ inputIds: grid(window), cache }));
          expectClose(tf.concat(parts, 1).dataSync(), model.forward({ inputIds: grid(ids) }).dataSync(), 1e-5, name);
        });
        cache.dispose();
      });
      model.dispose();
    },
  );
});
