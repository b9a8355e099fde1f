import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { jsonl, makeWorkspace, tiny } from "./workspace.ts";

const work = makeWorkspace();

const data = work.write("rows.jsonl", jsonl([1, 2, 3].map((n) => ({ prompt: `${n} ->`, completion: ` ${n * n}!` }))));

it("plan measures a recipe's steps, and writes nothing", async () => {
  const out = work.path("never");
  const recipe = work.write(
    "r.yaml",
    `model: ${tiny}\ndata: ${data}\nout: ${out}\nrank: 2\ntargetModules: q_proj\nepochs: 4\nbatchSize: 1\n`,
  );
  const { code, json, stderr } = await work.call("plan", "--recipe", recipe, "--json");
  expect(code, stderr).toBe(0);
  const plan = json.find(({ type }) => type === "plan");
  expect(plan).toMatchObject({ engine: "cpu", rows: 3, steps: 12, stepsPerEpoch: 3 });
  expect(plan?.secondsPerStep).toBeGreaterThan(0);
  expect(plan).toMatchObject({ validations: 0, secondsPerValidation: 0, completionTokens: expect.any(Number) });
  expect(plan?.seconds).toBeCloseTo(12 * Number(plan?.secondsPerStep), 6);
  expect(plan?.memoryBytes).toBeGreaterThan(1e7);
  expect(existsSync(out)).toBe(false);
});

it("data preview shows the text of the tokens, with the trained part marked", async () => {
  const shared = ["data", "preview", "--model", tiny, "--data", data, "--target-modules", "q_proj", "--rows", "2"];
  const { code, stdout, stderr } = await work.call(...shared);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/row 1, \d+ tokens\n.*1 ->⟦ 1!/);
  expect(stdout).toContain("2 ->⟦ 4!");
  expect(stdout).not.toContain("3 ->");
  expect(stderr).not.toContain("rows to train on"); // two rows are not the run's
  const chat = await work.call(...shared, "--template", "alpaca", "--json");
  expect(chat.json.filter(({ type }) => type === "row")).toHaveLength(2);
});

it("data preview shows the rows of a file in order, including validation rows", async () => {
  const rows = Array.from({ length: 60 }, (_, row) => ({ prompt: `${row} ->`, completion: " x" }));
  const many = work.write("many.jsonl", jsonl(rows));
  const { stdout } = await work.call("data", "preview", "--model", tiny, "--data", many, "--rows", "60");
  expect(stdout.match(/^\d+ ->/gm)).toEqual(rows.map(({ prompt }) => prompt));
});
