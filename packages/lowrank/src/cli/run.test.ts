import { describe, expect, it } from "vitest";
import { recordingIo } from "../../test/recording-io.ts";
import { aliases } from "../options/other-names.ts";
import { createProgram } from "./program.ts";
import { withRecipe } from "./recipe/with-recipe.ts";
import { run } from "./run.ts";

const commands = ["train", "generate", "chat", "serve", "evaluate", "embed", "merge", "inspect", "doctor"];

async function call(...argv: readonly string[]) {
  const recording = recordingIo();
  const code = await run(argv, recording.io);
  return { code, stdout: recording.stdout(), stderr: recording.stderr() };
}

it("serves an adapter on the base that it remembers, so that --model may be missing", async () => {
  expect((await call("serve")).stderr).toContain("name a base, or an adapter that remembers its base with --adapter");
  expect((await call("serve", "--adapter", "/nowhere/a")).stderr).toContain("/nowhere/a");
});

describe("help", () => {
  it("lists every command", async () => {
    const { code, stdout } = await call("--help");
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  it.each(commands)("of %s has an example that calls it", async (command) => {
    const { code, stdout, stderr } = await call(command, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n( {2}.*\\n)*.*lowrank ${command}`));
    expect(stdout).toContain("--json");
    expect(stderr).toBe("");
  });

  it("of train names every kind of file and row that it reads", async () => {
    const text = (await call("train", "--help")).stdout.replace(/\s+/g, " ");
    expect(text).toContain("JSONL, JSON, CSV, TSV or Parquet");
    for (const form of ["prompt/completion", "prompt/chosen/rejected", "messages", "ShareGPT", "a label", "input_ids"])
      expect(text).toContain(form);
  });

  it("prints the version", async () => {
    const { code, stdout } = await call("--version");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("wrong usage", () => {
  it.each([
    { argv: [], message: "Usage: lowrank" },
    { argv: ["trian"], message: "Did you mean train?" },
    { argv: ["train", "--data", "d", "--out", "o"], message: "--model is missing: name a base" },
    { argv: ["inspect"], message: "missing required argument 'path'" },
    { argv: ["inspect", "a", "b"], message: "too many arguments" },
    { argv: ["doctor", "--colour"], message: "unknown option '--colour'" },
    { argv: ["doctor", "--engine", "abacus"], message: "Allowed choices are tfjs-node-gpu" },
    { argv: ["generate", "--model", "m", "--prompt", "p", "--top-p", "1.5"], message: "more than 0 and at most 1" },
    {
      argv: ["train", "--model", "m", "--data", "d", "--out", "o", "--rank", "eight"],
      message: "Expected a whole number",
    },
    {
      argv: ["train", "--model", "m", "--data", "d", "--out", "o", "--steps", "2", "--epochs", "2"],
      message: "cannot be used with",
    },
  ])("$argv exits with 2 and explains", async ({ argv, message }) => {
    const { code, stdout, stderr } = await call(...argv);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
  });
});

describe("flags of transformers, PEFT and TRL", () => {
  const program = createProgram(recordingIo().io);

  it("are accepted with dashes or underscores, with the value after a space or after =", async () => {
    const theirs = [
      "train",
      "--num_train_epochs",
      "2",
      "--lora-r=4",
      "--learning_rate",
      "1e-4",
      "--lr-scheduler-type=wsd",
    ];
    const ours = ["train", "--epochs", "2", "--rank=4", "--learning-rate", "1e-4", "--schedule=wsd"];
    expect(await withRecipe(theirs, program)).toEqual(ours);
  });

  it("stay as they are for a command without such an option", async () => {
    expect(await withRecipe(["generate", "--prompt", "--lr"], program)).toEqual(["generate", "--prompt", "--lr"]);
  });

  it("contradict ours with another value", async () => {
    const { code, stderr } = await call("train", "--lora_r", "8", "--rank", "4");
    expect(code).toBe(2);
    expect(stderr).toContain('--rank takes one value and was given "8" and "4".');
  });

  it("of a batch on each device are not ours in a run of several processes", async () => {
    const typed = ["train", "--per-device-train-batch-size", "2"];
    expect(await withRecipe(typed, program)).toEqual(["train", "--batch-size", "2"]);
    expect(await withRecipe(typed, program, { isAlone: false })).toEqual(typed);
  });

  it("name options that train has", () => {
    const flags = program.commands.find((each) => each.name() === "train")?.options.map(({ long }) => long);
    expect(Object.keys(aliases).filter((name) => !flags?.includes(`--${name}`))).toEqual([]);
  });
});
