// lowrank sweep: runs that are made, cut, gone on with and gathered; on the smallest base that there is.

import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";
import { fixture, jsonl, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();

const rows = Array.from({ length: 6 }, (_, row) => ({ input_ids: [5, 7, 9, row], labels: [5, 7, 9, row] }));
const data = work.write("rows.jsonl", jsonl(rows));
const settings = { model: fixture("gpt2", "base"), data, validation: data, steps: 4, batchSize: 2, saveEvery: 1 };
const recipe = work.write("recipe.json", JSON.stringify(settings));

const sets = ["--set", "rank=1,2", "--set", "learningRate=1e-3,1e-2"];
const sweep = (out: string, ...more: readonly string[]) =>
  shell`sweep ${recipe} ${sets} --out ${work.path(out)} ${more}`;
const bytesOf = (...parts: readonly string[]) => readFile(work.path(...parts, "adapter_model.safetensors"));
const begun = (lines: readonly Record<string, unknown>[]) =>
  lines.filter(({ type }) => type === "run").map(({ index }) => index);

/** Presses Ctrl-C at the first step of a run. */
async function cutIn(index: number, argv: readonly string[]) {
  const recording = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" } });
  let isThere = false;
  const stdout = (text: string) => {
    isThere ||= text.includes(`"index":${index}`);
    if (isThere && text.includes('"type":"step"')) recording.interrupt();
  };
  return { code: await run([...argv, "--json"], { ...recording.io, stdout }), stderr: recording.stderr() };
}

it("plans, is stopped, resumes without repeating complete runs, and equals single trainings", async () => {
  const plan = await work.call(...sweep("cut", "--plan"));
  expect(plan, plan.stderr).toMatchObject({ code: 0 });
  expect(plan.stdout).toMatch(/3\s+2\s+0\.01\s+waiting\s+\S+rank-2_learningRate-0\.01/);
  expect(existsSync(work.path("cut"))).toBe(false);

  const cut = await cutIn(2, sweep("cut"));
  expect(cut.code).toBe(130);
  expect(cut.stderr).toContain("Stopped in run 2 of 0–3 (rank 2, learningRate 0.001). To continue, repeat the command");
  const states = (await work.call(...sweep("cut", "--plan", "--json"))).json[0]?.runs;
  expect(states).toMatchObject(["complete", "complete", "begun", "waiting"].map((state) => ({ state })));

  const { code, stderr, json } = await work.call(...sweep("cut", "--json"));
  expect([code, stderr]).toEqual([0, expect.anything()]);
  expect(begun(json)).toEqual([2, 3]);
  const result = json.at(-1);
  expect(result).toMatchObject({ type: "result", by: "loss", report: work.path("cut", "report.html") });
  const runs = result?.runs as
    | readonly { readonly index: number; readonly validation: readonly { readonly loss: number }[] }[]
    | undefined;
  const losses = runs?.map(({ validation }) => validation.at(-1)?.loss) ?? [];
  expect(result?.best).toBe(runs?.[0]?.index);
  expect(losses).toEqual([...losses].sort((one, other) => Number(one) - Number(other)));

  const alone = ["train", "--recipe", recipe, "--rank", "2", "--learning-rate", "1e-3", "--out", work.path("alone")];
  expect(await work.call(...alone)).toMatchObject({ code: 0 });
  expect(await bytesOf("cut", "rank-2_learningRate-0.001")).toEqual(await bytesOf("alone"));

  const page = await readFile(work.path("cut", "report.html"), "utf8");
  expect(page).toContain(`<th scope="row">${result?.best} (best)</th>`);
  expect(page).toContain("<svg");
  expect(page).not.toMatch(/<script|(src|href)=/);
}, 120_000);

it("makes the runs of an array one by one, in any order, and gathers the existing ones", async () => {
  const only = (index: number) => work.call(...sweep("array", "--only", String(index), "--json"));
  expect(begun((await only(3)).json)).toEqual([3]);
  const some = await work.call(...sweep("array", "--gather"));
  expect(some.stdout).toMatch(/^3 +2 +0\.01 +4 +[\d.]+ +[\d.]+$/m);
  expect(some.stdout).toMatch(/^0 +1 +0\.001 +waiting$/m);
  expect(some.stdout).toContain("the best by validation loss");
  expect((await only(3)).stdout).toBe("");
  expect(await bytesOf("array", "rank-2_learningRate-0.01")).toEqual(await bytesOf("cut", "rank-2_learningRate-0.01"));
  expect(await only(4)).toMatchObject({ code: 2, stderr: expect.stringContaining("there are 4 runs, 0 to 3") });
}, 60_000);

it("treats a diverged run as a result, which is not tried again", async () => {
  const rates = ["sweep", recipe, "--set", "learningRate=1e38,1e-2", "--out", work.path("rates")];
  const first = await work.call(...rates);
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining("diverged")]);
  expect(first.stdout).toMatch(/^0 +1e\+38 +diverged$/m);
  expect(first.stdout).toContain("run 1 (learningRate 0.01)");
  expect((await work.call(...rates)).stdout).toContain("run 0 of 0–1 (learningRate 1e+38): diverged already");
}, 60_000);

it("reports before the first run that no rows will rank the runs", async () => {
  const { validation: _, ...bare } = JSON.parse(await readFile(recipe, "utf8"));
  const file = work.write("bare.json", JSON.stringify(bare));
  const { stderr, stdout } = await work.call("sweep", file, "--set", "rank=1", "--out", work.path("bare"));
  expect(stderr).toMatch(/The runs cannot be ranked[\s\S]*step 1\/4/);
  expect(stdout).toContain("The runs cannot be ranked");
  expect((await work.call("sweep", recipe, "--set", "rank=1", "--out", work.path("rows"))).stderr).not.toContain(
    "ranked",
  );
}, 60_000);

it("repeats a run whose folder was complete before its note was", async () => {
  const one = ["sweep", recipe, "--set", "rank=1", "--out", work.path("noted")];
  expect(await work.call(...one)).toMatchObject({ code: 0 });
  const note = work.path("noted", "rank-1.json");
  const record = JSON.parse(await readFile(note, "utf8"));
  work.write("noted/rank-1.json", JSON.stringify({ ...record, progress: { state: "begun" } }));
  const adapter = await bytesOf("noted", "rank-1");
  expect(await work.call(...one)).toMatchObject({ code: 0, stderr: expect.stringContaining("step 4/4") });
  expect(await bytesOf("noted", "rank-1")).toEqual(adapter);

  work.write("noted/rank-1.json", JSON.stringify({ ...record, choices: { ...record.choices, seed: 9 } }));
  expect(await work.call(...one)).toMatchObject({ code: 2, stderr: expect.stringContaining("another recipe (seed)") });
  work.write("noted/rank-1.json", '{"progress": {"state": "complete", "validation": "x"}}');
  expect(await work.call(...one)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("is not a file of lowrank sweep"),
  });
  await rm(note);
  expect(await work.call(...one)).toMatchObject({ code: 1, stderr: expect.stringContaining("already exists") });
}, 60_000);

it("reports problems before anything starts, and prints only scripts on stdout", async () => {
  const wrong = await work.call("sweep", recipe, "--set", "ranks=4", "rank=", "--out", work.path("wrong"));
  expect(wrong).toMatchObject({ code: 2, stdout: "" });
  expect(wrong.stderr).toMatch(/did you mean rank\?[\s\S]*rank: has no value/);
  const both = await work.call(...sweep("wrong", "--plan", "--only", "1"));
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be used with") });
  const slurm = await work.call(...sweep("wrong", "--to", "slurm"));
  expect(slurm).toMatchObject({ code: 0, stdout: expect.stringMatching(/^#!/) });
  const kubernetes = await work.call(...sweep("wrong", "--to", "kubernetes"));
  expect(kubernetes).toMatchObject({ code: 0, stdout: expect.stringContaining("completionMode: Indexed") });
  const unmeasured = await work.call(
    ...shell`sweep ${recipe} --set rank=1 --out ${work.path("noted2")} --gather --best-by f1`,
  );
  expect(unmeasured.stdout).toContain("none is the best: no run is complete");
  expect(existsSync(work.path("wrong"))).toBe(false);
}, 60_000);
