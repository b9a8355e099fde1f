import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { interrupted, jsonl, makeWorkspace, tiny } from "./workspace.ts";

const work = makeWorkspace();

it("a run writes its report next to the adapter: whole also after a resume, with texts of base and adapter", async () => {
  const rows = [
    { prompt: "name[<script>] ->", completion: " <b>fine</b>" },
    { prompt: "name[Aromi] ->", completion: " a café" },
  ];
  const data = work.write("rows.jsonl", jsonl(rows));
  const out = work.path("reported");
  const run = ["train", "--model", tiny, "--data", data, "--validation", data];
  const how = ["--steps", "4", "--save-every", "1", "--report", "--out", out];
  await interrupted([...run, ...how], { at: '"step":2,' });
  expect(await readFile(`${out}/report.html`, "utf8")).not.toContain("Samples");
  const { code, stderr } = await work.call(...run, ...how, "--resume");
  expect(code, stderr).toBe(0);
  const page = await readFile(`${out}/report.html`, "utf8");
  for (const part of ["Curves", "Validation", "Asked", "Data", "Samples, greedy", "Recipe", "Environment"])
    expect(page).toContain(`<h2>${part}</h2>`);
  expect(page).toContain("name[&lt;script&gt;] -&gt;");
  expect(page).not.toContain("<script");
  expect(page.match(/<circle class="plain"/g)?.length).toBe(8); // four losses and four norms, those before it was stopped, too
  expect((await readdir(out)).filter((name) => name.startsWith("checkpoint"))).toEqual([]);
});

it("a run shows three prompts with both answers, as long as the model has positions", async () => {
  await cp(tiny, work.path("short"), { recursive: true });
  const config = JSON.parse(await readFile(work.path("short", "config.json"), "utf8"));
  await writeFile(work.path("short", "config.json"), JSON.stringify({ ...config, max_position_embeddings: 24 }));
  const data = work.write("four.jsonl", jsonl([1, 2, 3, 4].map((n) => ({ prompt: `${n} ->`, completion: ` ${n}!` }))));
  const how = ["--steps", "1", "--target-modules", "q_proj", "--out", work.path("short-out"), "--json"];
  const { code, stderr, json } = await work.call("train", "--model", work.path("short"), "--data", data, ...how);
  expect(code, stderr).toBe(0);
  const prompts = [1, 2, 3].map((n) => expect.objectContaining({ prompt: expect.stringContaining(`${n} ->`) }));
  expect(json.at(-1)).toMatchObject({ type: "result", samples: prompts });
  expect(stderr).toContain("The run has 4 rows to train on");
});
