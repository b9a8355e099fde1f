import { cpSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, interrupted, jsonl, makeWorkspace, shell, tokenRows } from "./workspace.ts";

const work = makeWorkspace();

const gpt2 = ["--model", fixture("gpt2", "base")];

const rows = tokenRows("gpt2");
const tokens = work.write("tokens.jsonl", jsonl([...rows, ...rows, ...rows]));

describe("lowrank train", () => {
  it("writes the same adapter twice, byte for byte, with a line of metrics a step", async () => {
    const options = ["--steps", "4", "--batch-size", "2", "--learning-rate", "1e-2", "--dropout", "0.1"];
    for (const name of ["one", "two"]) {
      const out = ["--out", work.path(name)];
      expect(await work.call("train", ...gpt2, "--data", tokens, ...out, ...options)).toMatchObject({ code: 0 });
    }
    const [one, two] = await Promise.all(
      ["one", "two"].map((name) => readFile(work.path(name, "adapter_model.safetensors"))),
    );
    expect(one).toEqual(two);
    expect((await readdir(work.path("one"))).sort()).toEqual([
      ".lowrank.json",
      "README.md",
      "adapter_config.json",
      "adapter_model.safetensors",
      "lowrank_setup.json",
      "metrics.jsonl",
      "recipe.yaml",
    ]);
    const lines = (await readFile(work.path("one", "metrics.jsonl"), "utf8")).trim().split("\n");
    const metrics = lines.map((line) => JSON.parse(line));
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(Object.keys(metrics[0]).sort()).toEqual(["gradientNorm", "learningRate", "loss", "step"]);
    expect(metrics[3].loss).toBeLessThan(metrics[0].loss);
  });

  it("stops at Ctrl-C with everything saved, and resumes to the same adapter", async () => {
    const options = ["--steps", "6", "--batch-size", "2", "--schedule", "cosine", "--learning-rate", "1e-2"];
    const command = ["train", ...gpt2, "--data", tokens, ...options];
    await work.call(...command, "--out", work.path("whole"));

    const out = ["--out", work.path("parts")];
    const { code, stderr } = await interrupted([...command, ...out], { at: '"step":3,' });
    expect(code).toBe(130);
    expect(stderr).toContain("Stopped after step 3 of 6");
    expect(await readdir(work.path("parts"))).toContain("checkpoint-3");

    const rest = await work.call(...command, ...out, "--resume");
    expect(rest.stderr).not.toContain("error");
    expect(rest.code).toBe(0);
    const again = await work.call(...command, ...out, "--resume");
    const advice = `only an adapter. To train it further, pass --adapter "${work.path("parts")}" with another --out`;
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining(advice) });
    for (const file of ["adapter_model.safetensors", "metrics.jsonl"]) {
      expect(await readFile(work.path("parts", file)), file).toEqual(await readFile(work.path("whole", file)));
    }
    expect(await readdir(work.path("parts"))).not.toContain("checkpoint-3");
  });

  it("keeps the adapter of the last finite step if the loss becomes NaN", async () => {
    const diverging = ["--learning-rate", "1e38", "--warmup-steps", "0", "--steps", "6", "--batch-size", "2"];
    const command = ["train", ...gpt2, "--data", tokens, ...diverging];
    const alone = await work.call(...command, "--out", work.path("diverged"));
    expect(alone.code).toBe(1);
    expect(alone.stderr).toMatch(/of step 2 is (NaN|Infinity|-Infinity): training diverged/);
    expect(alone.stderr).toContain(`The adapter of step 1 is in "${work.path("diverged")}"`);
    expect(await readdir(work.path("diverged"))).toEqual(expect.arrayContaining(["adapter_model.safetensors"]));
    expect((await readFile(work.path("diverged", "metrics.jsonl"), "utf8")).trim().split("\n")).toHaveLength(1);

    const saving = await work.call(...command, "--save-every", "1", "--out", work.path("diverged-later"));
    expect(saving.stderr).toContain("The adapter and the checkpoint of step 1 are in");
    expect(saving.stderr).toContain("To continue from the checkpoint, add --resume");
    expect(await readdir(work.path("diverged-later"))).toContain("checkpoint-1");
  });

  it("does not present a run that learned nothing as a success", async () => {
    const idle = ["--learning-rate", "1e-30", "--steps", "20", "--batch-size", "2", "--out", work.path("idle")];
    const { code, stderr, stdout } = await work.call("train", ...gpt2, "--data", tokens, ...idle);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: The training loss barely fell: .*Raise --epochs/);
    expect(stdout).toMatch(/this run learned nothing.* is no better than its base\n$/);
    expect(stdout).not.toContain("try:");
    const again = await work.call("train", ...gpt2, "--data", tokens, ...idle, "--overwrite", "--json");
    const findings = [expect.objectContaining({ code: "LOSS_FLAT", learnedNothing: true })];
    expect(again.json.at(-1)).toMatchObject({ type: "result", findings, samples: [] });
  });

  it("stops at Ctrl-C in the middle of a validation, and has nothing to save before the first step", async () => {
    const many = work.write("many.jsonl", (await readFile(tokens, "utf8")).repeat(200));
    const command = ["train", ...gpt2, "--data", tokens, "--validation", many, "--out", work.path("deaf")];
    const { code, stderr, stdout } = await interrupted(command, { at: '"type":"start"', afterMilliseconds: 20 });
    expect(code).toBe(130);
    expect(stderr).toContain("Stopped before the first of");
    expect(stdout).not.toContain('"type":"evaluation"');
    expect(await readdir(work.path("."))).not.toContain("deaf");
  });

  it("continues an adapter that PEFT made", async () => {
    const { code, stdout } = await work.call(
      ...["train", ...gpt2, "--adapter", fixture("gpt2", "adapter"), "--data", tokens],
      ...["--out", work.path("continued"), "--steps", "2", "--validation", tokens],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/validation loss +8\.\d+ → \d\.\d+/);
  });

  it("makes a classifier that the base lacks, saves it, and finds it again", async () => {
    const rows = Array.from({ length: 12 }, (_, row) => ({
      input_ids: [row % 2 === 0 ? 5 : 60, 7, 9],
      labels: row % 2,
    }));
    const data = work.write("classes.jsonl", jsonl(rows));
    const out = work.path("classifier");
    const trained = await work.call(
      ...shell`train ${gpt2} --data ${data} --out ${out} --epochs 20 --learning-rate 0.05 --batch-size 4`,
    );
    expect(trained.code).toBe(0);
    expect(trained.stdout).toContain("The base has no classifier: score.weight initialized from seed 0");
    const evaluated = await work.call("evaluate", ...gpt2, "--adapter", out, "--data", data, "--json");
    expect(evaluated.json[0]).toMatchObject({ rows: 12, accuracy: 1 });

    const untrained = await work.call("evaluate", ...gpt2, "--data", data);
    expect(untrained.code).toBe(1);
    expect(untrained.stderr).toMatch(/has no score\.weight: .* Train it first: training on rows with labels/);
  });
});

interface Refusal {
  readonly said: string | RegExp;
  readonly more?: readonly string[];
  /** A file of data in place of the tokens: its name and its text. */
  readonly file?: readonly [name: string, rows: string];
}

describe("refusals of lowrank train", () => {
  const row = '{"input_ids": [1, 2], "labels": [1, 2]}\n';
  const sentences = '{"sentence": "good", "label": 1}\n{"sentence": "bad", "label": 0}\n';
  const badRow = Array.from({ length: 20 }, (_, at) => ({ input_ids: [at, at === 12 ? 2000 : 1], labels: [1, 2] }));
  const split = (seed: string): Refusal => ({
    said: "row 13: expected token ids",
    more: ["--validation-share", "0.5", "--seed", seed],
    file: ["split.jsonl", jsonl(badRow)],
  });
  const refusals: Readonly<Record<string, Refusal>> = {
    "rank 0": { said: /argument '0' is invalid\. Expected a whole number, at least 1/, more: ["--rank", "0"] },
    "a target that matches nothing, with names that come near": { said: "c_attn", more: ["--target-modules", "c_atn"] },
    "a broken row, naming file and line": {
      said: /broken\.jsonl[\s\S]*line 2/,
      file: ["broken.jsonl", `${row}{"input_ids": [1,\n`],
    },
    "a row that a split has moved, by its number in the file": split("0"),
    "a row that another split has moved": split("1"),
    "a class number for which all memory would not do": {
      said: "row 2: expected a class number from 0 to 1999",
      file: ["large-class.csv", "sentence,label\ngood,0\nbad,999999999\n"],
    },
    "tokens outside the vocabulary": {
      said: "row 1: expected token ids from 0 to 99, the model's vocabulary, got 2000",
      file: ["large.jsonl", '{"input_ids": [1, 2000], "labels": [1, 2]}\n'],
    },
    "text without a tokenizer": {
      said: "has no tokenizer.json",
      file: ["text.jsonl", '{"text": "Once upon a time"}\n'],
    },
    "text for a model that classifies": {
      said: /bert model for sequence-classification[\s\S]*rows with "sentence" and "label"/,
      more: ["--model", fixture("bert-seqcls", "base")],
      file: ["pairs.jsonl", '{"prompt": "a", "completion": "b"}\n'],
    },
    "an adapter for another base": {
      said: /another base model \(modules that this model lacks, made on "base"; this one: other modules\)/,
      more: ["--adapter", fixture("llama-gqa", "adapter")],
    },
    "rows of two kinds": {
      said: "row 3: expected a row with one label for the whole row",
      file: ["mixed.jsonl", `${sentences}{"text": "a story"}\n`],
    },
    "to resume where nothing was begun": { said: "Run the command without --resume", more: ["--resume"] },
  };

  it.each(Object.entries(refusals))("%s", async (_, { said, more = [], file }) => {
    const data = file === undefined ? tokens : work.write(...file);
    const model = more.includes("--model") ? [] : gpt2;
    const { code, stderr } = await work.call(
      ...shell`train ${model} --data ${data} --out ${work.path("refused")} ${more}`,
    );
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(more.includes("--rank") ? 2 : 1);
    expect(await readdir(work.path(".")), "nothing half-written").not.toContain("refused");
  });

  it("an output that exists, before it reads anything", async () => {
    const taken = work.write("taken", "mine");
    const { code, stderr } = await work.call(...shell`train --model nowhere --data nothing --out ${taken}`);
    expect(code).toBe(1);
    expect(stderr).toContain("already exists. Choose another --out, or add --overwrite");
    expect(await readFile(taken, "utf8")).toBe("mine");
  });

  it("a broken row of --validation, by its own number", async () => {
    const data = work.write("numbered.jsonl", '{"input_ids": [1, 2], "label": 1}\n');
    const held = ["--validation", work.write("held.jsonl", row), "--out", work.path("refused")];
    const { stderr } = await work.call("train", ...gpt2, "--data", data, ...held);
    expect(stderr).toMatch(/held\.jsonl[\s\S]*row 1: expected a row with one label for the whole row/);
  });

  it("weights that are cut off", async () => {
    cpSync(fixture("gpt2", "base"), work.path("cut"), { recursive: true });
    const weights = await readFile(fixture("gpt2", "base", "model.safetensors"));
    work.write("cut/model.safetensors", weights.subarray(0, weights.length - 100));
    const cut = ["--model", work.path("cut"), "--data", tokens, "--out", work.path("refused")];
    expect(await work.call("train", ...cut)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("model.safetensors"),
    });
  });
});
