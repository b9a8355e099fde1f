import { afterAll, beforeAll, expect, it } from "vitest";
import { makeWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
});
afterAll(() => place.remove());

it.each([
  ["--template", "llama"],
  ["--rank", "0"],
  ["--dropout", "1"],
])("%s %s is wrong usage, before anything is loaded", async (option, value) => {
  const call = await place.call("train", "--model", "m", "--data", "d.jsonl", "--out", place.path("no"), option, value);
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(option) });
});

it("an empty --stop is wrong usage, before anything is loaded", async () => {
  const call = await place.call("generate", "--model", "m", "--prompt", "a", "--stop", "");
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining('--stop ""') });
});

it.each([
  ["train", "--lr", "(Here it is called --learning-rate.)"],
  ["train", "--lora_alpha=4", "(Here it is called --alpha.)"],
  ["train", "--learning-rat", "(Did you mean --learning-rate?)"],
])("%s says of %s what it is called here", async (command, option, advice) => {
  const call = await place.call(command, "--model", "m", "--data", "d.jsonl", "--out", place.path("no"), option);
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining(advice) });
});

it("names no option that the command does not have", async () => {
  const call = await place.call("generate", "--model", "m", "--prompt", "a", "--lr", "1");
  expect(call).toMatchObject({ code: 2, stderr: expect.not.stringContaining("--learning-rate") });
});
