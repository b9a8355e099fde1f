import { cp, writeFile } from "node:fs/promises";

import { beforeAll, describe, expect, it } from "vitest";
import { fixture, makeWorkspace } from "../../cli/end-to-end/workspace.ts";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import type { CompleteRecipe, WithModel } from "../recipe.ts";
import { planTokens } from "./plan-tokens.ts";

const work = makeWorkspace();
const tokenizer = { model: { type: "WordLevel", vocab: { "[UNK]": 0, a: 1 }, unk_token: "[UNK]" }, added_tokens: [] };

beforeAll(async () => {
  await cp(fixture("gpt2", "base"), work.path("base"), { recursive: true });
  work.write("base/tokenizer.json", JSON.stringify(tokenizer));
});

function plan(options: Partial<CompleteRecipe>) {
  const schedule = {
    batchSize: 1,
    gradientAccumulationSteps: 1,
    learningRate: 1,
    schedule: "linear",
    weightDecay: 0,
  } as const;
  const all: WithModel<CompleteRecipe> = {
    model: work.path("base"),
    data: ["d"],
    out: "o",
    clipNorm: 1,
    seed: 0,
    ...schedule,
    ...options,
  };
  return planTokens(all, { notices: { warn: () => {} } });
}

describe("planTokens", () => {
  it("does nothing unless it is requested", async () => {
    expect(await plan({})).toBeUndefined();
  });

  it("uses the tokens of the command line and then those of the file, unchanged", async () => {
    const addTokensFile = work.write("tokens.txt", "<b>\r\n <c> \n");
    const found = await plan({ addTokens: ["<a>"], addTokensFile });
    expect(found?.tokens).toEqual(["<a>", "<b>", " <c> "]);
    expect(found).toMatchObject({ ids: [2, 3, 4], newIds: [2, 3, 4], rows: 5 });
  });

  it("counts a token that is there already by its own id", async () => {
    expect(await plan({ addTokens: ["a"] })).toMatchObject({ ids: [1], newIds: [], rows: 2 });
  });

  it("makes them special on request", async () => {
    const found = await plan({ addTokens: ["<a>"], addAsSpecial: true });
    const { added_tokens } = JSON.parse(found?.files.get("tokenizer.json") ?? "");
    expect(added_tokens).toEqual([expect.objectContaining({ content: "<a>", special: true, normalized: false })]);
  });

  it("names the empty lines of a file", async () => {
    const addTokensFile = work.write("gaps.txt", "<a>\n\n<b>\n\n");
    await expect(plan({ addTokensFile })).rejects.toThrow(/line 2 of .*gaps\.txt" is empty[\s\S]*line 4/);
    await expect(plan({ addTokensFile: work.write("none.txt", "") })).rejects.toThrow(
      expect.objectContaining({ code: "TOKENS_NOT_ADDABLE" }),
    );
  });

  it("refuses a token in both lists", async () => {
    const addTokensFile = work.write("again.txt", "<a>\n");
    await expect(plan({ addTokens: ["<a>"], addTokensFile })).rejects.toThrow('"<a>": it is given twice');
  });

  it("reports the file's problem", async () => {
    await expect(plan({ addTokensFile: work.path("nowhere.txt") })).rejects.toThrow(PathNotFoundError);
    await writeFile(work.path("latin.txt"), Uint8Array.of(0x63, 0xe9, 0x0a));
    await expect(plan({ addTokensFile: work.path("latin.txt") })).rejects.toMatchObject({ code: "FILE_NOT_TEXT" });
    const many = "x".repeat(10_000_001);
    await expect(plan({ addTokensFile: work.write("large.txt", many) })).rejects.toMatchObject({
      code: "FILE_TOO_LARGE",
    });
  });

  it("needs a tokenizer to add to", async () => {
    const model = fixture("gpt2", "base");
    await expect(plan({ model, addTokens: ["<a>"] })).rejects.toMatchObject({ code: "TOKENIZER_MISSING" });
  });
});
