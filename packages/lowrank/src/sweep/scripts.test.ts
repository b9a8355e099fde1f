// Scripts that make the runs elsewhere, as far as a machine without a cluster can tell.

import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { kubernetesJob, slurmScript } from "./scripts.ts";

const hostile = "template='; touch $(x) \"$HOME\" `y`'";
const call = { recipe: "my recipe.yaml", sets: ["rank=4,8", hostile], out: "o" };

it("Slurm's array calls the command with the words that were typed, whatever is in them", () => {
  const script = slurmScript(call, 4);
  execFileSync("bash", ["-n"], { input: script });
  expect(script).toMatch(/^#SBATCH --array=0-3$/m);
  const line = script.slice(script.indexOf("lowrank sweep"), script.indexOf(" || code"));
  const words = execFileSync("bash", ["-c", `lowrank() { printf '%s\\0' "$@"; }\n${line}`], {
    env: { ...process.env, SLURM_ARRAY_TASK_ID: "2", SLURM_CPUS_PER_TASK: "8" },
  });
  const sets = ["--set", "rank=4,8", "--set", hostile];
  const last = ["--out", "o", "--only", "2", "--threads", "8"];
  expect(words.toString().split("\0").slice(0, -1)).toEqual(["sweep", "my recipe.yaml", ...sets, ...last]);
});

it("Slurm's array waits for its next turn by the code that a saved run has", () => {
  expect(slurmScript(call, 1)).toMatch(
    /"\$code" = 138 .*scontrol requeue "\$\{SLURM_ARRAY_JOB_ID\}_\$\{SLURM_ARRAY_TASK_ID\}"/,
  );
});

it("Kubernetes' Job has an index for each run, the recipe in the same folder, and expands no variables but its own", async () => {
  const text = await kubernetesJob(call, "model: m\n", 4);
  const [map, job] = parseAllDocuments(text).map((document) => document.toJS());
  expect(map).toMatchObject({ kind: "ConfigMap", data: { "recipe.yaml": "model: m\n" } });
  const { spec } = job;
  expect(spec).toMatchObject({ completions: 4, completionMode: "Indexed" });
  const [container] = spec.template.spec.containers;
  const words = container.command as readonly string[];
  expect(words.slice(0, 5)).toEqual(["lowrank", "sweep", "/etc/lowrank/recipe.yaml", "--set", "rank=4,8"]);
  expect(words).toContain(hostile.replace("$(x)", () => "$$(x)"));
  expect(words.slice(words.indexOf("--only"))).toEqual(["--only", "$(JOB_COMPLETION_INDEX)", "--threads", "8"]);
  const volumes = spec.template.spec.volumes.map(({ name }: { readonly name: string }) => name);
  for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
});
