import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { makeWorkspace, tiny } from "./workspace.ts";

const work = makeWorkspace();

it.each([
  ["--template", "llama"],
  ["--rank", "0"],
  ["--dropout", "1"],
])("%s %s is wrong usage, before anything is loaded", async (option, value) => {
  const call = await work.call("train", "--model", "m", "--data", "d.jsonl", "--out", work.path("no"), option, value);
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(option) });
});

it.each([
  [["--target-modules", "q_proj", "v_proj", "k_proj"], "--target-modules q_proj,v_proj,k_proj"],
  [["--adapter=a", "v_proj"], "train takes options only"],
  [["--rank", "4", "v_proj"], "train takes options only"],
])("explains what to type for the values %j of an option", async (words, advice) => {
  const call = await work.call("train", "--model", "m", "--data", "d.jsonl", "--out", work.path("no"), ...words);
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(advice) });
});

it("an empty --stop is wrong usage, before anything is loaded", async () => {
  const call = await work.call("generate", "--model", "m", "--prompt", "a", "--stop", "");
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining('--stop ""') });
});

it.each([
  ["train", "--r", "(Here it is called --rank.)"],
  ["train", "--grad_accumulation_steps=4", "(Here it is called --gradient-accumulation-steps.)"],
  ["train", "--learning-rat", "(Did you mean --learning-rate?)"],
  ["train", "--load-in-4bit", "(Here it is called --base-precision nf4.)"],
  ["train", "--qlora", "(Here it is called --base-precision nf4.)"],
  ["train", "--bf16", "(Here it is called --base-precision bf16.)"],
  ["train", "--num-layers", "(Here it is called --lora-config with layers_to_transform.)"],
  ["train", "--adapter-path", "(Here it is called --adapter.)"],
  ["train", "--validation-split", "(Here it is called --validation-share.)"],
  ["train", "--mask-prompt", "(Only answers are trained, never prompts.)"],
  [
    "train",
    "--report-to",
    "(Every run writes metrics.jsonl next to the adapter; --tensor-board and --report write more.)",
  ],
  ["train", "--dtype", "(Here it is called --base-precision.)"],
])("%s explains what %s is called here", async (command, option, advice) => {
  const call = await work.call(command, "--model", "m", "--data", "d.jsonl", "--out", work.path("no"), option);
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(advice) });
});

it.each([
  ["--dataset_name=rows.jsonl", "(Here it is called --data.)"],
  ["--train_file", "(Here it is called --data.)"],
  ["--train-file", "(Here it is called --data.)"],
  ["--dta", "(Did you mean --data?)"],
  ["--mask-prompt", "(Only answers are trained, never prompts.)"],
])("reports the unknown option %s before the options that are missing", async (option, advice) => {
  const call = await work.call("train", "--model", "m", "--out", work.path("no"), option, "rows.jsonl");
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(`unknown option '${option.split("=")[0]}'`) });
  expect(call.stderr).toContain(advice);
  expect(call.stderr).not.toContain("missing");
});

it.each([
  [
    ["--adapter", "no-folder", "Hello you"],
    'There is no prompt. "Hello you" was read as an adapter, because --adapter takes several. Give --prompt,',
  ],
  [
    ["Hello you", "--adapter", "no-folder"],
    '"Hello you" is not an option. generate takes options only; write a prompt as --prompt "Hello you".',
  ],
])("generate %j says where a prompt belongs, before anything is loaded", async (words, advice) => {
  const call = await work.call("generate", ...words);
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(advice) });
});

it.each([
  ["train", "--model", ["--out", "no", "--data", "d"], "Give it once."],
  ["train", "--adapter", ["--out", "no", "--model", "m", "--data", "d"], "Only one adapter is trained at a time."],
  ["merge", "--out", ["--adapter", "a", "--model", "m"], '"one" and "two"'],
  ["evaluate", "--batch-size", ["--data", "d", "--model", "m"], "takes one value"],
])("%s refuses a second %s instead of dropping the first", async (command, option, others, advice) => {
  const [one, two] = option === "--batch-size" ? ["1", "2"] : ["one", "two"];
  const call = await work.call(command, option, one, option, two, ...others);
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(`${option} takes one value`) });
  expect(call.stderr).toContain(advice);
});

it("names the very flag to type for columns of other names, once for all rows", async () => {
  const data = work.write("e2e.csv", `mr,ref\n${"a,b\n".repeat(30)}`);
  const { code, stderr } = await work.call("train", "--model", "m", "--data", data, "--out", work.path("no"));
  expect(code).toBe(1);
  expect(stderr).toContain('use --columns "prompt=mr,completion=ref".');
  expect(stderr.match(/got the keys/g)).toHaveLength(1);
});

it("names no option that the command does not have", async () => {
  const call = await work.call("generate", "--model", "m", "--prompt", "a", "--lr", "1");
  expect(call).toMatchObject({ code: 2, stderr: expect.not.stringContaining("--learning-rate") });
});

it("a misspelt target among others trains nothing, unless that is allowed", async () => {
  const rows = work.write("pair.jsonl", '{"prompt":"a","completion":"b"}\n');
  const train = ["train", "--model", tiny, "--data", rows, "--steps", "1", "--target-modules", "q_proj,vv_proj"];
  const refused = await work.call(...train, "--out", work.path("half"));
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/"vv_proj".*\n.*--allow-unmatched-targets/) });
  expect(existsSync(work.path("half"))).toBe(false);
  const allowed = await work.call(...train, "--out", work.path("half"), "--allow-unmatched-targets");
  expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining("1 row,") });
});

it("a temperature of 0 is greedy, and number types go by their other names", async () => {
  const generate = ["generate", "--model", tiny, "--prompt", "a", "--max-new-tokens", "6"];
  const greedy = await work.call(...generate);
  expect(greedy.code).toBe(0);
  expect((await work.call(...generate, "--temperature", "0", "--top-p", "0.5")).stdout).toBe(greedy.stdout);
  const merge = ["merge", "--model", tiny, "--adapter", work.path("none"), "--out", work.path("merged")];
  expect((await work.call(...merge, "--dtype", "fp16")).stderr).toContain('/none"');
  expect(await work.call(...merge, "--dtype", "fp8")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("BF16"),
  });
});
