// Programs in plain JavaScript have no compiler to refuse a wrong argument.

import { fileURLToPath } from "node:url";
import { LowrankError } from "@lowrank/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openModel as openInPage } from "./browser.ts";
import { baseOf, inspect, type OpenedAdapter, type OpenedModel, openModel } from "./index.ts";

const tiny = fileURLToPath(new URL("../../tiny-model/model", import.meta.url));
const row = { prompt: "name[Aromi] ->", completion: " Aromi is a café." };
const message = { role: "user", content: "Hello" } as const;

let model: OpenedModel;
let adapter: OpenedAdapter;
beforeAll(async () => {
  model = await openModel(tiny, { engine: false });
  adapter = model.adapt({ rank: 1, targetModules: ["q_proj"] });
});
afterAll(() => model.dispose());

/** A call as a program without types makes it. */
async function refused(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (LowrankError.isInstance(error)) return error.message;
    throw error;
  }
  throw new Error("It was not refused.");
}

/** The method without the types of its arguments. */
function untyped(owner: object, name: string): (...values: unknown[]) => Promise<unknown> {
  return async (...values) => {
    const result: unknown = Reflect.get(owner, name).apply(owner, values);
    if (typeof result === "object" && result !== null && Symbol.asyncIterator in result)
      for await (const _ of result as AsyncIterable<unknown>);
    return result;
  };
}

const functions = { openModel, openInPage, inspect, baseOf };

describe("a wrong argument is refused with the value found, the values expected and what to write", () => {
  it.each([
    ["openModel", undefined, "openModel got nothing as model. Expected a path"],
    ["openModel", {}, "openModel got {} as model. Expected a path"],
    ["openModel", null, "openModel got null as model"],
    ["openModel", ["a", "b"], 'openModel got ["a","b"] as model'],
    ["openModel", Promise.resolve(tiny), "or a ModelFolder. Write `await` before it."],
    ["openModel", new Map([["config.json", "{}"]]), "openModel got a Map as model"],
    ["openInPage", undefined, "openModel got nothing as model"],
    ["inspect", undefined, "inspect got nothing as model"],
    ["baseOf", {}, "baseOf got {} as adapter"],
  ] as const)("%s(%j)", async (name, value, expected) => {
    expect(await refused(() => untyped(functions, name)(value))).toContain(expected);
  });

  it.each([
    ["adapt", [null], "adapt got null as configuration. Expected an object"],
    ["adapt", ["q_proj"], 'adapt got "q_proj" as configuration. Expected an object'],
    ["adapt", [{}, null], "adapt got null as options"],
    ["plan", [8], "plan got 8 as configuration"],
    ["attach", [], "attach got nothing as adapter. Expected a path"],
    ["attach", [{}], "attach got {} as adapter"],
    ["attach", [[]], "attach got [] as adapter"],
    ["attach", [[{ weight: 1 }]], 'attach got [{"weight":1}] as adapter'],
    ["generate", [], "generate got nothing as prompt. Expected a text"],
    ["generate", [""], "`prompt` is empty"],
    ["generate", [[]], "generate got [] as prompt"],
    ["generate", [[message]], "For a conversation, write { messages: [{ role, content }] }."],
    ["generate", [message], "For a conversation, write { messages: [{ role, content }] }."],
    ["generate", [{ messages: "Hello" }], 'generate got {"messages":"Hello"} as prompt'],
    ["generate", ["a", null], "generate got null as options"],
    ["generate", ["a", { maxNewTokens: "5" }], 'maxNewTokens is "5"; expected an integer'],
    ["generate", ["a", { adapter: "mine" }], 'The adapter "mine" does not belong to this model'],
    ["promptIds", [], "promptIds got nothing as prompt"],
    ["embed", ["a text"], 'embed got "a text" as texts. Expected an array of texts'],
    ["embed", [["a text"], { batchSize: 0 }], "embed got 0 as batchSize. Expected an integer from 1"],
    ["predict", [[row], { batchSize: 0.5 }], "predict got 0.5 as batchSize"],
    ["evaluate", [], "evaluate got nothing as rows"],
    ["evaluate", [row], "For one row, write [row]."],
    ["predict", [], "predict got nothing as rows"],
    ["merge", [], "merge got nothing as adapter to merge. Expected an adapter of this model"],
    ["merge", ["mine"], 'merge got "mine" as adapter to merge'],
    ["writer", [null], "writer got null as options"],
  ])("model.%s(…%j)", async (name, values, expected) => {
    expect(await refused(() => untyped(model, name)(...values))).toContain(expected);
  });

  it.each([
    ["train", [], "train got nothing as training rows. Expected an array of rows, a path, an array of paths"],
    ["train", [null], "train got null as training rows"],
    ["train", [row], "For one row, write [row]."],
    ["train", [{ text: "a pub", label: 1 }], "For one row, write [row]."],
    ["train", [[row], null], "train got null as options"],
    ["train", [[row], 3], "train got 3 as options"],
    ["train", [[row], { validation: row }], " as validation. Expected an array of rows"],
    ["train", [[row], { columns: "prompt" }], 'columns: found "prompt", expected names with text values'],
    ["train", [[row], { steps: "2", learningRate: -1 }], 'steps: found "2", expected a whole number, at least 1'],
    ["train", [[row], { teacher: "gpt2" }], 'teacher: found "gpt2", expected an opened model'],
    ["prepare", [], "train got nothing as training rows"],
    ["save", [], "save got nothing as folder. Expected a path"],
    ["save", [5], "save got 5 as folder"],
    ["save", ["a", null], "save got null as options"],
  ])("adapter.%s(…%j)", async (name, values, expected) => {
    expect(await refused(() => untyped(adapter, name)(...values))).toContain(expected);
  });

  it.each([
    ["save", [], "save got nothing as folder"],
    ["gguf", [{ type: "q4" }], 'gguf got "q4" as type. Expected one of F32, F16'],
  ])("model.merge(adapter).%s(…%j)", async (name, values, expected) => {
    expect(await refused(() => untyped(model.merge(adapter), name)(...values))).toContain(expected);
  });
});

describe("a field of an adapter's configuration", () => {
  it.each([
    [{ rank: "8" }, 'rank: found "8", expected an integer from 1 to 4096'],
    [{ init: "bogus" }, 'init: found "bogus", expected true, false, gaussian'],
    [{ targetModules: 5 }, "targetModules: found 5, expected"],
    [{ dropout: 2 }, "dropout: found 2, expected"],
    [{ targetModules: "q_proj", layersToTransform: [0] }, "layersToTransform: found [0], expected null, because"],
    [{ r: 8 }, 'The LoRA configuration got unknown options:\n  - "r" → "rank"'],
    [{ likePeft: true }, '"likePeft" → "rank: 8, alpha: 8, targetModules: null"'],
  ])("%j is named as it was written", async (config, expected) => {
    expect(await refused(() => untyped(model, "adapt")(config))).toContain(expected);
  });
});

describe("an option of train by another program's name", () => {
  it.each([
    ["num_train_epochs", "epochs"],
    ["numTrainEpochs", "epochs"],
    ["learning_rate", "learningRate"],
    ["lr", "learningRate"],
    ["perDeviceTrainBatchSize", "batchSize"],
    ["max_steps", "steps"],
    ["warmup_ratio", "warmupRatio"],
    ["max_seq_length", "maxLength"],
    ["packing", "batchTokens"],
    ["rank", "model.adapt({ rank })"],
    ["lora_r", "model.adapt({ rank })"],
    ["useRslora", "model.adapt({ rankStabilized })"],
    ["load_in_4bit", 'openModel(model, { basePrecision: "nf4" })'],
    ["likePeft", "trainRecipe({ likePeft })"],
  ])("%s leads to %s", async (name, ours) => {
    const text = await refused(() => untyped(adapter, "train")([row], { [name]: 1 }));
    expect(text).toContain(`train got unknown options:\n  - "${name}" → "${ours}"`);
  });
});
