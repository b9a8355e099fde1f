import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { fixturesRoot } from "@lowrank/testing";
import { describe, expect, it } from "vitest";
import { describeModel } from "./describe-model.ts";
import { loadModel } from "./loading/load-model.ts";
import { openFolder } from "./node.ts";

describe("describeModel", () => {
  it("counts a tied head once", async () => {
    const sizes = [];
    for (const name of ["llama-gqa", "llama-gqa-tied"]) {
      const model = await loadModel(openFolder(join(fixturesRoot, name, "base")));
      sizes.push(describeModel(model));
      model.dispose();
    }
    // Two layers of 2·32·32 + 2·32·16 (attention), 3·32·48 (feed-forward) and 2·32 (norms); embedding and head 100·32.
    const body = 2 * (2048 + 1024 + 4608 + 64) + 32;
    expect(sizes.map(({ parameters }) => parameters)).toEqual([body + 6400, body + 3200]);
    expect(sizes[1]).toMatchObject({
      modelType: "llama",
      task: "causal-lm",
      linearSites: 15,
      bytes: 4 * (body + 3200),
    });
  });
});
