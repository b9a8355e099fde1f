import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { partsOf, planInjection } from "@lowrank/inject";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";
import { fixture } from "../cli/end-to-end/workspace.ts";
import { trainingTokens } from "./new-adapter.ts";

const ids = [99, 5];

/** The rows that train, by table, as the plan of the configuration has them. */
async function rowsOf(base: string, config: Partial<LoraConfig>) {
  const model = await loadModel(openFolder(fixture(base, "base")));
  try {
    const trained = trainingTokens(model, createLoraConfig(config), ids);
    return partsOf(planInjection(model, trained), "token-rows").map(({ path, tiedModules, indices }) => ({
      path,
      tiedModules,
      indices,
    }));
  } finally {
    model.dispose();
  }
}

describe("trainingTokens", () => {
  it("trains the input embedding, which a tied head follows", async () => {
    expect(await rowsOf("llama-gqa-tied", { targetModules: ["q_proj"] })).toEqual([
      { path: "model.embed_tokens", tiedModules: ["lm_head"], indices: ids },
    ]);
  });

  it("also trains a head with its own table, so that new tokens can be written", async () => {
    const rows = await rowsOf("llama-gqa", { targetModules: ["q_proj"] });
    expect(rows.map(({ path }) => path)).toEqual(["model.embed_tokens", "lm_head"]);
    expect(rows.every(({ indices }) => indices.join() === ids.join())).toBe(true);
  });

  it("does not treat a classifier as a table of tokens", async () => {
    const rows = await rowsOf("bert-seqcls", { targetModules: ["query"], taskType: "SEQ_CLS" });
    expect(rows.map(({ path }) => path)).toEqual(["bert.embeddings.word_embeddings"]);
  });

  it("leaves out tables that the options train otherwise", async () => {
    const head = [{ path: "lm_head", tiedModules: [], indices: ids }];
    expect(await rowsOf("llama-gqa", { targetModules: ["q_proj"], modulesToSave: ["embed_tokens"] })).toEqual(head);
    expect(await rowsOf("llama-gqa", { targetModules: ["q_proj", "embed_tokens"] })).toEqual(head);
    expect(await rowsOf("llama-gqa", { targetModules: ["embed_tokens", "lm_head"] })).toEqual([]);
  });
});
