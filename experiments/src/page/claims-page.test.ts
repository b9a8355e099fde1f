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

it("says of every claim without results that it was not run, and how to run it", () => {
  const page = claimsPage({}, []);
  expect(page).toContain("0 held, 0 partly, 0 not held, 14 not run yet");
  expect(lineOf(page, "as good as full")).toContain("`npm run experiment -- sst2 --only full,lora-r8-qv`");
});

it("calls a claim held only where LoRA reaches full fine-tuning", () => {
  const page = (lora: number) =>
    claimsPage(
      {
        sst2: sweepOf([
          ["full", 0.87, 22_000_000],
          ["lora-r8-qv", lora, 74_498],
        ]),
      },
      [],
    );
  expect(lineOf(page(0.871), "as good as full")).toMatch(/\*\*held\*\*.*87\.6 ± 0\.5 % in 1 epoch, 0\.34 %/);
  expect(lineOf(page(0.867), "as good as full")).toContain("**partly**");
  expect(lineOf(page(0.86), "as good as full")).toContain("**not held**");
});

it("takes LoRA and full fine-tuning each as it was trained best", () => {
  const swept = (full: number, lora: number) =>
    sweepOf([
      ["full", full, 22_000_000],
      ["lora-r8-qv", lora, 74_498],
    ]);
  const pageOf = (longer: Sweep) =>
    claimsPage({ sst2: swept(0.87, 0.85), sst2Longer: [{ ...longer, epochs: 3, dropout: true }] }, []);
  expect(lineOf(pageOf(swept(0.86, 0.88)), "as good as full")).toMatch(
    /\*\*held\*\*.*88\.5 ± 0\.5 % in 3 epochs with dropout, /,
  );
  const page = pageOf(swept(0.89, 0.88));
  expect(lineOf(page, "as good as full")).toContain("**not held**");
  const scores = "89.5 ± 0.5; 0.40 | lora-r8-qv: 88.5 ± 0.5; 0.40 | lora-r8-qv: 88.5 ± 0.5; 0.40 |";
  expect(page).toContain(`\n| 3 epochs with dropout | ${scores}\n`);
});

it("says what was not run with a training that the table tells", () => {
  const sst2 = sweepOf([
    ["full", 0.87, 22_000_000],
    ["lora-r8-qv", 0.85, 74_498],
  ]);
  const longer = { ...sweepOf([["lora-r8-all", 0.85, 332_546]]), epochs: 30 };
  expect(claimsPage({ sst2, sst2Longer: [longer] }, [])).toContain(
    "\n| 30 epochs | not run | not run | lora-r8-all: 85.5 ± 0.5; 0.40 |\n",
  );
});

it("judges E2E as SST-2, and says where no LoRA has so few parameters", () => {
  const e2e = sweepOf([
    ["full", 0.87, 100],
    ["lora-r8-all", 0.88, 2],
  ]);
  expect(lineOf(claimsPage({ e2e }, []), "a model that writes")).toMatch(
    /\*\*partly\*\*.*below half a percent: not run yet; the best of all: lora-r8-all .*, 2\.00 %/,
  );
  const longer = { ...sweepOf([["lora-r8-qv", 0.89, 0.3]]), epochs: 2 };
  const page = claimsPage({ e2e, e2eLonger: [longer] }, []);
  expect(lineOf(page, "a model that writes")).toMatch(/\*\*held\*\*.*lora-r8-qv .* in 2 epochs, 0\.30 %/);
  expect(page).toContain("\n## Methods on E2E, trained for 2 epochs\n");
});

it("holds the other tasks to half a percent of the parameters, too", () => {
  const large = sweepOf([
    ["full", 0.87, 1000],
    ["lora-r8-all", 0.87, 14],
  ]);
  const both = { ...large, runs: [...large.runs, ...sweepOf([["lora-r8-qv", 0.868, 3]]).runs] };
  const verdict = (questions: Sweep) =>
    lineOf(claimsPage({ questions, instructions: both, korean: both, digits: both }, []), "another language");
  expect(verdict(both)).toMatch(
    /\*\*held\*\*.*lora-r8-qv 87\.3 ± 0\.5 with 0\.30 %.*, lora-r8-all 87\.5 ± 0\.5 with 1\.40 %/,
  );
  expect(verdict(large)).toMatch(
    /\*\*partly\*\*.*questions, accuracy: full fine-tuning 87\.5 ± 0\.5, lora-r8-all 87\.5/,
  );
});

it("does not call LoRA better than methods that were not run", () => {
  const sst2 = sweepOf([
    ["lora-r8-qv", 0.9, 74_498],
    ["bitfit", 0.8, 26_882],
  ]);
  const line = lineOf(claimsPage({ sst2 }, []), "adapter layers, prefixes");
  expect(line).toMatch(/\*\*partly\*\*.*Not run yet: adapter-houlsby/);
});

it("shows the rates at which a method did not train beside the one at which it did", () => {
  const swept = sweepOf([["lora-r64-all", 0.86, 2_654_978]]);
  const sst2 = { ...swept, runs: swept.runs.map((run) => ({ ...run, failedRates: [0.004] })) };
  expect(lineOf(claimsPage({ sst2 }, []), "r = 64, every linear map")).toContain("0.001 (0.004 did not train)");
});

it("shows the rates that were tried from the lowest, in bold those that the search does not tell from the best", () => {
  const [run] = sweepOf([["full", 0.8, 22_000_000]]).runs;
  if (run === undefined) throw new Error("There is one.");
  const runs = [4e-3, 2e-3, 1.5e-3].map((learningRate) => ({ ...run, learningRate, after: { loss: learningRate } }));
  const page = claimsPage({ sst2Rates: { about: "a model", figure: "accuracy", epochs: 1, runs } }, []);
  expect(lineOf(page, "full fine-tuning |")).toBe(
    "| full fine-tuning | **0.0015: 0.002**; **0.002: 0.002**; 0.004: 0.004 |",
  );
});

it("holds this library to PEFT on both tasks", () => {
  const [ours, peer] = [sweepOf([["full", 0.8, 1]]), sweepOf([["full", 0.9, 1]])];
  const verdict = (results: object) => lineOf(claimsPage(results, []), "as well as PEFT");
  expect(verdict({ sst2: ours, sst2InPeft: ours, e2e: ours, e2eInPeft: peer })).toMatch(
    /\*\*partly\*\*.*E2E, BLEU: full/,
  );
  expect(verdict({ e2e: peer, e2eInPeft: ours })).toContain("**held**");
});

it("calls instructions within reach only where what was held out got likelier in minutes", () => {
  const [run] = sweepOf([["lora-r8-qv", 0.5, 460_800]]).runs;
  if (run === undefined) throw new Error("There is one.");
  const taught = (loss: number, seconds: number) => ({
    ...{ about: "a model", figure: "likelihood", epochs: 2, untrained: { loss: 3, likelihood: 0.05 } },
    runs: [{ ...run, seconds, after: { loss, likelihood: Math.exp(-loss) } }],
  });
  const page = (loss: number, seconds: number) =>
    claimsPage({ instructions: taught(loss, seconds), korean: taught(loss, seconds) }, []);
  expect(lineOf(page(2, 60), "within anyone's reach")).toMatch(/\*\*held\*\*.*loss on what was held out 3\.00 → 2\.00/);
  expect(lineOf(page(2, 6000), "within anyone's reach")).toContain("**partly**");
  expect(lineOf(page(4, 6000), "within anyone's reach")).toContain("**not held**");
  expect(lineOf(page(2, 60), "the model as it was")).toBe("| the model as it was | 3.000 | 5.0 |  | 0 |  |");
});
