import { cp, open } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { openModel } from "../../index.ts";
import { expectedFacts, fixture, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();
let adapter: string;
/** The same names and shapes, and of the first tensor a byte that is another. */
let savedAgain: string;

beforeAll(async () => {
  const { inputs } = expectedFacts("gpt2");
  const data = work.write("tokens.jsonl", jsonl(inputs.input_ids.map((input_ids) => ({ input_ids }))));
  adapter = work.path("adapter");
  const train = ["train", "--model", fixture("gpt2", "base"), "--data", data, "--out", adapter, "--steps", "1"];
  expect(await work.call(...train)).toMatchObject({ code: 0 });
  savedAgain = work.path("saved-again");
  await cp(fixture("gpt2", "base"), savedAgain, { recursive: true });
  const file = await open(`${savedAgain}/model.safetensors`, "r+");
  const length = Buffer.alloc(8);
  await file.read(length, 0, 8, 0);
  await file.write(Buffer.of(1), 0, 1, 8 + Number(length.readBigUInt64LE()));
  await file.close();
});

describe("an adapter that was made on other files of a base that it fits", () => {
  it("is refused with the option that allows it, and works with a warning if it is given", async () => {
    const inputs = work.write("inputs.json", '{"input_ids": [[1, 2, 3]]}');
    const forward = ["forward", "--model", savedAgain, "--adapter", adapter, "--inputs", inputs, "--out"];
    const refused = await work.call(...forward, work.path("refused.safetensors"));
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/another base model \(fingerprint .*allow it with --allow-different-base/),
    ]);
    const allowed = await work.call(...forward, work.path("allowed.safetensors"), "--allow-different-base");
    expect([allowed.code, allowed.stderr]).toEqual([0, expect.stringContaining("It is used anyway")]);
  });

  it("is attached by a program that allows it, later and with the model", async () => {
    const warnings: string[] = [];
    const onWarning = ({ code }: { readonly code: string }) => warnings.push(code);
    const model = await openModel(savedAgain, { engine: false, onWarning });
    await expect(model.attach(adapter)).rejects.toThrow("allow it with `allowDifferentBase`");
    await model.attach(adapter, { allowDifferentBase: true });
    model.dispose();
    (await openModel(savedAgain, { engine: false, adapter, allowDifferentBase: true, onWarning })).dispose();
    expect(warnings).toEqual(["DIFFERENT_BASE", "DIFFERENT_BASE"]);
  });
});
