import { expect, it } from "vitest";
import type { Sweep } from "../training/sweep.ts";
import { claimsPage } from "./claims-page.ts";

const facts = {
  trainLoss: 0.3,
  steps: 433,
  seconds: 60,
  learningRate: 1e-3,
  engine: "native",
  processor: "one",
  date: "2026-01-01",
};

function sweepOf(rows: readonly (readonly [method: string, accuracy: number, trainable: number])[]): Sweep {
  const runs = rows.flatMap(([method, accuracy, trainable]) =>
    [0, 1].map((seed) => ({
      ...facts,
      method,
      seed,
      trainable,
      after: { loss: 0.4, accuracy: accuracy + seed / 100 },
    })),
  );
  return { about: "a model", figure: "accuracy", epochs: 1, runs };
}

const lineOf = (page: string, text: string) =>
  page.split("\n").find((line) => line.startsWith("| ") && line.includes(text));

/** A claim's section: its three sentences and its table. */
function sectionOf(page: string, title: string): string {
  const found = page.split("\n## ").find((section) => section.startsWith(title));
  if (found === undefined) throw new Error(`There is no section "${title}".`);
  return found;
}

/** Held-out losses, each at one learning rate. */
function searchOf(rows: readonly (readonly [method: string, loss: number, learningRate?: number])[]): Sweep {
  const runs = rows.map(([method, loss, learningRate = 1e-3]) => ({
    ...facts,
    method,
    learningRate,
    seed: 0,
    trainable: 1,
    after: { loss, accuracy: 0.5 },
  }));
  return { about: "a model", figure: "accuracy", epochs: 1, runs };
}

const full = ["full", 0.87, 22_000_000] as const;
const classification = "As good as full fine-tuning: classification";

it("names the command for every claim without results", () => {
  const page = claimsPage({}, []);
  expect(page).toContain("Of 14 claims: 14 not run yet.");
  expect(sectionOf(page, classification)).toContain("`npm run experiment -- sst2 --only full,lora-r8-qv`");
});

it("links each claim of the overview to its section, with claim, comparison and verdict", () => {
  const page = claimsPage({}, []);
  expect(lineOf(page, "#as-good-as-full-fine-tuning-text-generation")).toContain("| table 3 | **not run yet** |");
  const headings = page.match(/^## .*/gm) ?? [];
  expect(headings).toHaveLength(14);
  for (const label of ["Claim", "Compared", "Not run yet"])
    expect(page.match(new RegExp(`^- \\*\\*${label}\\*\\*`, "gm"))).toHaveLength(14);
});

it("calls a claim held only if LoRA reaches full fine-tuning", () => {
  const page = (lora: number) =>
    claimsPage({ sst2: sweepOf([full, ["lora-r8-qv", lora, 74_498]]), sst2Rates: searchOf([["lora-r8-qv", 0.3]]) }, []);
  expect(sectionOf(page(0.871), classification)).toMatch(
    /\*\*Held\*\*.*87\.5 ± 0\.5; LoRA below half a percent 87\.6 ± 0\.5 \(LoRA, r = 8, query and value; 0\.34 %\)/,
  );
  expect(sectionOf(page(0.86), classification)).toContain("**Not held**");
});

it("chooses LoRA's method by the loss on held-out rows, not by the figure that it reports", () => {
  const sst2 = sweepOf([full, ["lora-r8-qv", 0.86, 74_498], ["lora-r4-qv", 0.9, 37_634]]);
  const chosen = (losses: Parameters<typeof searchOf>[0]) =>
    sectionOf(claimsPage({ sst2, sst2Rates: searchOf(losses) }, []), classification);
  const worse = chosen([
    ["lora-r8-qv", 0.3],
    ["lora-r4-qv", 0.4],
  ]);
  expect(worse).toContain("**Not held**");
  expect(worse).not.toContain("90.5");
  const better = chosen([
    ["lora-r8-qv", 0.4],
    ["lora-r4-qv", 0.3],
  ]);
  expect(better).toContain("**Held**");
});

it("shows nothing for a method that was not searched at the rate of its runs", () => {
  const sst2 = sweepOf([full, ["lora-r8-qv", 0.9, 74_498]]);
  for (const rates of [undefined, searchOf([["lora-r8-qv", 0.3, 2e-3]])])
    expect(sectionOf(claimsPage({ sst2, sst2Rates: rates }, []), classification)).toContain("**Not shown**");
});

it("compares LoRA and full fine-tuning only if both were trained for as long", () => {
  const swept = (full: number, lora: number) =>
    sweepOf([
      ["full", full, 22_000_000],
      ["lora-r8-qv", lora, 74_498],
    ]);
  const sst2Rates = searchOf([["lora-r8-qv", 0.3]]);
  const pageOf = (longer: Sweep) =>
    claimsPage({ sst2: swept(0.87, 0.85), sst2Rates, sst2Longer: [{ ...longer, epochs: 30, dropout: true }] }, []);
  const alone = pageOf(sweepOf([["lora-r8-qv", 0.95, 74_498]]));
  expect(sectionOf(alone, classification)).toContain("**Not held**");
  expect(sectionOf(alone, classification)).not.toContain("95.5");
  expect(lineOf(sectionOf(alone, "All methods"), "LoRA, r = 8, query and value")).toContain("95.5 ± 0.5 |");
  const both = sectionOf(pageOf(swept(0.86, 0.88)), classification);
  expect(both).toMatch(/\*\*Partly\*\*: of 2 trainings, .* full fine-tuning in 1, and LoRA of any size in 1\./);
  expect(both).toContain("\n| 30 epochs with dropout | 86.5 ± 0.5, loss 0.40 | 88.5 ± 0.5 (LoRA");
});

it("leaves a cell empty for a training that a method did not have", () => {
  const sst2 = sweepOf([full, ["lora-r8-qv", 0.85, 74_498]]);
  const longer = { ...sweepOf([["lora-r8-all", 0.85, 332_546]]), epochs: 30 };
  expect(claimsPage({ sst2, sst2Longer: [longer] }, [])).toContain(
    "\n| LoRA, r = 8, all linear layers | 332,546 |  |  | 85.5 ± 0.5 |\n",
  );
});

it("judges E2E as SST-2, and marks that no LoRA has so few parameters", () => {
  const e2e = sweepOf([
    ["full", 0.87, 100],
    ["lora-r8-all", 0.88, 2],
  ]);
  const e2eRates = searchOf([["lora-r8-all", 0.3]]);
  expect(sectionOf(claimsPage({ e2e, e2eRates }, []), "As good as full fine-tuning: text generation")).toMatch(
    /\*\*Partly\*\*.*below half a percent –; LoRA of any size 88\.5 ± 0\.5 \(LoRA, r = 8, all linear layers; 2\.00 %\)/,
  );
  const small = sweepOf([
    ["full", 0.87, 100],
    ["lora-r8-qv", 0.89, 0.3],
  ]);
  const page = claimsPage({ e2e: small, e2eRates: searchOf([["lora-r8-qv", 0.3]]) }, []);
  expect(sectionOf(page, "As good as full fine-tuning: text generation")).toMatch(/\*\*Held\*\*.*0\.30 %/);
});

it("holds the other tasks to half a percent of the parameters, too", () => {
  const large = sweepOf([
    ["full", 0.87, 1000],
    ["lora-r8-all", 0.87, 14],
  ]);
  const both = { ...large, runs: [...large.runs, ...sweepOf([["lora-r8-qv", 0.868, 3]]).runs] };
  const verdict = (questions: Sweep) =>
    sectionOf(
      claimsPage({ questions, instructions: both, korean: both, digits: both }, []),
      "As good as full fine-tuning: other tasks",
    );
  expect(verdict(both)).toMatch(
    /\*\*Held\*\*.*came within half a point on questions, instructions, Korean, images, and/,
  );
  expect(verdict(both)).toContain(
    "| questions, accuracy | LoRA, r = 8, query and value | 87.3 ± 0.5 | 0.40 | 1 | 3 | 0.001 |",
  );
  expect(verdict(large)).toMatch(/\*\*Partly\*\*.*came within half a point on instructions, Korean, images, and/);
});

it("does not call LoRA better than methods that were not run", () => {
  const sst2 = sweepOf([
    ["lora-r8-qv", 0.9, 74_498],
    ["bitfit", 0.8, 76_882],
  ]);
  const section = sectionOf(claimsPage({ sst2 }, []), "Better than other methods of the same size");
  expect(section).toMatch(/\*\*Partly\*\*.*better than 1 of 1 methods: BitFit\. Not run yet: adapter-houlsby/);
});

it("compares a method with the largest LoRA that has no more parameters", () => {
  const sst2 = sweepOf([
    ["lora-r1-qv", 0.7, 9_986],
    ["lora-r8-qv", 0.9, 74_498],
    ["bitfit", 0.8, 26_882],
  ]);
  const section = sectionOf(claimsPage({ sst2 }, []), "Better than other methods of the same size");
  expect(section).toContain("better than 0 of 1 methods: none");
  expect(lineOf(section, "BitFit")).toContain("| 80.5 ± 0.5 | 70.5 ± 0.5 (lora-r1-qv) | 9,986 |");
});

it("shows the rates at which a method did not train next to the one at which it did", () => {
  const swept = sweepOf([["lora-r64-all", 0.86, 2_654_978]]);
  const sst2 = { ...swept, runs: swept.runs.map((run) => ({ ...run, failedRates: [0.004] })) };
  expect(lineOf(claimsPage({ sst2 }, []), "r = 64, all linear layers")).toContain("0.001 (0.004 did not train)");
});

it("shows the range of the rates that were tried", () => {
  const tried = [4e-3, 2e-3, 1.5e-3].map((rate) => ["full", rate, rate] as const);
  const page = claimsPage({ sst2: sweepOf([full]), sst2Rates: searchOf(tried) }, []);
  expect(lineOf(page, "full fine-tuning |")).toBe(
    "| full fine-tuning | 22,000,000 | 0.001 (0.0015 to 0.004) | 87.5 ± 0.5 |",
  );
});

it("holds this library to PEFT on both tasks", () => {
  const [ours, peer] = [sweepOf([["full", 0.8, 1]]), sweepOf([["full", 0.9, 1]])];
  const verdict = (results: object) => sectionOf(claimsPage(results, []), "As good as PEFT");
  const partly = verdict({ sst2: ours, sst2InPeft: ours, e2e: ours, e2eInPeft: peer });
  expect(partly).toMatch(/\*\*Partly\*\*: in 1 of 2/);
  expect(partly).toContain("| E2E, BLEU | full fine-tuning | 80.5 ± 0.5 | 90.5 ± 0.5 |");
  expect(verdict({ e2e: peer, e2eInPeft: ours })).toContain("**Held**");
});

it("calls instructions within reach only if held-out rows got likelier in minutes", () => {
  const [run] = sweepOf([["lora-r8-qv", 0.5, 460_800]]).runs;
  if (run === undefined) throw new Error("There is one.");
  const taught = (loss: number, seconds: number) => ({
    about: "a model",
    figure: "likelihood",
    epochs: 2,
    untrained: { loss: 3, likelihood: 0.05 },
    runs: [{ ...run, seconds, after: { loss, likelihood: Math.exp(-loss) } }],
  });
  const section = (loss: number, seconds: number) =>
    sectionOf(
      claimsPage({ instructions: taught(loss, seconds), korean: taught(loss, seconds) }, []),
      "Instruction tuning within reach",
    );
  expect(section(2, 60)).toMatch(/\*\*Held\*\*: 2 of 2/);
  expect(section(2, 60)).toContain("| Korean | 433 | 60 | 460,800 | 3.00 | 2.00 |");
  expect(section(2, 6000)).toContain("**Partly**");
  expect(section(4, 6000)).toContain("**Not held**");
});

it("shows the model before training next to its trained forms", () => {
  const swept = { ...sweepOf([full, ["lora-r8-qv", 0.87, 3]]), untrained: { loss: 3, accuracy: 0.05 } };
  const page = claimsPage({ questions: swept, instructions: swept, korean: swept, digits: swept, e2e: swept }, []);
  expect(lineOf(page, "the model before training")).toBe("| the model before training | 3.000 | 5.0 |  | 0 |  |");
  expect(lineOf(page, "Korean, accuracy | before training")).toBe(
    "| Korean, accuracy | before training | 5.0 | 3.00 | 0 | 0 |  |",
  );
});
