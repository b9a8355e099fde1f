import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { recipeOptions } from "../../options/all-options.ts";
import { recipeProblems } from "../../recipe/check-recipe.ts";
import { completeRecipe } from "../../recipe/complete-recipe.ts";
import { recipeSchema } from "../../recipe/recipe-schema.ts";
import { makeWorkspace, shell } from "../end-to-end/workspace.ts";
import { createProgram } from "../program.ts";
import { run } from "../run.ts";
import { flagName } from "../terminal/as-flags.ts";
import { withRecipe } from "./with-recipe.ts";

const program = () => createProgram(recordingIo().io);

const work = makeWorkspace();

it("the published schema has every option of train except those about the call", async () => {
  const recording = recordingIo();
  expect(await run(["init", "--schema"], recording.io)).toBe(0);
  const { properties, additionalProperties }: ReturnType<typeof recipeSchema> = JSON.parse(recording.stdout());
  expect(additionalProperties).toBe(false);
  const calls = ["help", "helpAll", "quiet", "json", "json-lines", "overwrite", "resume", "recipe", "distributed"];
  const flags = program().commands.find((command) => command.name() === "train")?.options ?? [];
  const names = flags.map((flag) => flag.attributeName()).filter((name) => !calls.includes(name));
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => properties[name] === undefined)).toEqual([]);
  expect(properties.learningRate).toMatchObject({ type: "number", exclusiveMinimum: 0 });
  expect(properties.schedule).toMatchObject({ default: "linear" });
});

it("the schema speaks of options by their names in a recipe, and the help of flags", () => {
  const flags = [...recipeOptions.keys(), "resume"].map(flagName);
  const spoken = Object.values(recipeSchema().properties).map(({ description = "" }) => description);
  expect(spoken.filter((words) => flags.some((flag) => words.includes(flag)))).toEqual([]);
  const train = program().commands.find((command) => command.name() === "train");
  const help = train?.options.map(({ description }) => description) ?? [];
  expect(help.join("\n")).toContain("instead of --batch-size");
  expect(help.filter((words) => words.includes("`"))).toEqual([]);
});

it("init asks until it has a recipe that train accepts", async () => {
  const answers = "\n\n./tiny\na.jsonl b.jsonl\n2\n0.1\n\nmany\n4\n\n\nout\n";
  const recording = recordingIo({
    stdin: async function* () {
      yield new TextEncoder().encode(answers);
    },
  });
  const file = work.path("asked.yaml");
  expect(await run(["init", file], recording.io)).toBe(0);
  expect(recording.stderr()).toContain("Expected a number, at least 0 and at most 0.9.");
  const args = await withRecipe(["train", "--recipe", file], program());
  expect(args.slice(1, -2)).toEqual(
    shell`--model=./tiny --data=a.jsonl --data=b.jsonl --validation-share=0.1 --rank=4 --out=out`,
  );
  expect(await run(["init", file], recordingIo().io)).toBe(1);
  expect(await run(["init", work.path("other.yaml")], recordingIo().io)).toBe(2);
});

describe("a recipe", () => {
  const expand = async (recipe: string, ...argv: readonly string[]) => {
    const file = work.write("recipe.yaml", recipe);
    const [, ...args] = await withRecipe(["train", "--recipe", file, ...argv], program());
    return args.filter((text) => text !== "--recipe" && text !== file);
  };

  it("equals the arguments with the same meaning", async () => {
    const recipe = [
      "data: [a.jsonl, b.jsonl]",
      "validation: c.jsonl",
      "learningRate: 1e-4",
      "targetModules: [q_proj, v_proj]",
      "columns: { prompt: mr, completion: ref }",
      "useDora: true",
      "useRslora: false",
      "groupByLength: false",
      "gradientCheckpointing: 2",
      'addTokens: ["--odd--"]',
    ];
    expect(await expand(recipe.join("\n"))).toEqual(shell`
      --data=a.jsonl --data=b.jsonl --validation=c.jsonl --learning-rate=0.0001 --target-modules=q_proj,v_proj
      --columns=prompt=mr,completion=ref --use-dora --no-group-by-length --gradient-checkpointing=2
      --add-tokens=--odd--
    `);
  });

  it("yields to flags, and to flags that exclude its options", async () => {
    const recipe = "rank: 4\nepochs: 2\ngroupByLength: true\nvalidationShare: 0.1\n";
    const flags = ["--rank", "8", "--steps=5", "--no-group-by-length"];
    expect(await expand(recipe, ...flags)).toEqual(["--validation-share=0.1", ...flags]);
  });

  it("is taken by a command of a command, too", async () => {
    const file = work.write("recipe.yaml", "data: [a.jsonl]\nrank: 4\n");
    const args = await withRecipe(["data", "preview", "--recipe", file, "--rows", "1"], program());
    expect(args).toEqual(["data", "preview", "--data=a.jsonl", "--rank=4", "--recipe", file, "--rows", "1"]);
  });

  it("does not change calls without a recipe", async () => {
    expect(await withRecipe(["train", "--rank", "4"], program())).toEqual(["train", "--rank", "4"]);
    expect(await withRecipe(["generate", "--recipe", "x"], program())).toEqual(["generate", "--recipe", "x"]);
  });

  it.each([
    ["learning_rate: 1", "learning_rate: unknown option; did you mean learningRate?"],
    ["rank: 0", "rank: expected a whole number, at least 1 and at most 4096, got 0"],
    ["rank: 1.5", "rank: expected a whole number, at least 1 and at most 4096, got 1.5"],
    ["validationShare: 1", "validationShare: expected a number, at least 0 and at most 0.9, got 1"],
    ["schedule: lineal", 'got "lineal"'],
    ["data: 7", "data: expected a text, or a list, each a text, got 7"],
    ["betas: [0.9]", "betas: expected a list of 2, each a number, at least 0 and less than 1, got [0.9]"],
    ["keepCheckpoints: [newest]", "keepCheckpoints: expected a list, each text that matches"],
    ["useDora: yes please", "useDora: expected true or false"],
    ["overwrite: true", "overwrite: unknown option"],
    ["rank: 1\nrank: 2", "Map keys must be unique"],
    ["rank: !!js/function 'x'", "Unresolved tag"],
    ["- rank", "expected option names with values"],
    ["rank: {", "recipe.yaml"],
    [
      `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdef".replace(/./g, (name, at: number) => `${name}: &${name} [${`*${"abcde"[at]},`.repeat(9)}]\n`)}`,
      "alias",
    ],
    [`# ${"x".repeat(1_000_001)}`, "the maximum is 1000000"],
  ])("%.30s is refused by what is wrong with it", async (text, message) => {
    await expect(expand(text)).rejects.toThrow(message);
  });

  it("may be JSON, or the export of a program", async () => {
    const json = work.write("recipe.json", '{"$schema": "x", "rank": 4}');
    const script = work.write("recipe.mjs", "export default { rank: 2 * 2 };");
    for (const file of [json, script]) {
      const [, ...args] = await withRecipe(["train", `--recipe=${file}`], program());
      expect(args).toContain("--rank=4");
    }
    await expect(withRecipe(["train", "--recipe", "none.yaml"], program())).rejects.toThrow(
      '"none.yaml" does not exist',
    );
  });

  it("that the schema allows has no problems, in every kind of value", () => {
    const recipe = { model: "m", data: ["a"], dropout: 0.5, bias: "none", useDora: true, gradientCheckpointing: true };
    expect(recipeProblems(recipe)).toEqual([]);
  });
});

it("a program's recipe becomes the very options that its flags become", async () => {
  const recipe = {
    model: "m",
    data: "a",
    targetModules: "q_proj, v_proj",
    batchTokens: 64,
    useDora: false,
    groupByLength: false,
  };
  const train = program().commands.find((command) => command.name() === "train");
  train?.action(() => {});
  const flags = shell`--model=m --data=a --target-modules=q_proj,v_proj --batch-tokens=64 --no-group-by-length`;
  await train?.parseAsync([...flags, "--out=o"], { from: "user" });
  const given = Object.entries(train?.opts() ?? {}).filter(([, value]) => value !== undefined);
  expect(completeRecipe(recipe, { name: "it", out: "o" })).toEqual(Object.fromEntries(given));
  expect(() => completeRecipe({ data: "a", rank: false, epochs: 1, steps: 2 }, { name: "it" })).toThrow(
    /rank: expected[\s\S]*steps: cannot be combined with epochs[\s\S]*out: is missing/,
  );
});
